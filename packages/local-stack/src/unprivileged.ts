import { spawnSync } from 'node:child_process';
import { lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

const NOBODY = 65_534;

/** A way to run a program that refuses to run as root, such as Postgres. */
export interface Unprivileged {
  /** The command to put before the program. It replaces itself by the program, so both have the same process id. */
  prefix: readonly string[];
  /** The user id that must own the program's files; undefined if any owner is fine. */
  owner: number | undefined;
}

/** Gives root another user id. For the kernel the owner of files is still root, so the data can be in any folder that root can enter. */
const userNamespace = `unshare --user --map-user=${NOBODY} --map-group=${NOBODY}`.split(' ');
/** For systems that forbid user namespaces, such as most containers: runs as nobody, who may still pass through folders that only root can enter. */
const nobody =
  `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --securebits=+no_setuid_fixup --inh-caps=-all,+dac_override --ambient-caps=-all,+dac_override`.split(
    ' ',
  );

/** Finds out how to run a program that refuses root. Throws a StartError if this process is root and there is no way. */
export function unprivileged(): Unprivileged {
  if (process.geteuid?.() !== 0) return { prefix: [], owner: undefined };
  if (works(userNamespace)) return { prefix: userNamespace, owner: 0 };
  if (works(nobody)) return { prefix: nobody, owner: NOBODY };
  throw new StartError(
    'Postgres refuses to run as root, and this system allows neither a user namespace (unshare) nor another user (setpriv). ' +
      'Run as a normal user, or use docker compose.',
  );
}

const works = ([file, ...args]: readonly string[]) => spawnSync(file ?? '', [...args, 'true'], { stdio: 'ignore' }).status === 0;

/** Makes `owner` the owner of `dir` and everything in it, if it is not already. */
export async function giveTo(owner: number | undefined, dir: string): Promise<void> {
  if (owner === undefined || (await stat(dir)).uid === owner) return;
  for (const path of ['', ...(await readdir(dir, { recursive: true }))].toReversed()) await lchown(join(dir, path), owner, owner);
}
