import { spawnSync } from 'node:child_process';
import { lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

const NOBODY = 65_534;

/** A way to run a program that refuses to run as root, as Postgres does. */
export interface Unprivileged {
  /** Put before the program and its arguments; each replaces itself by the program, so its process id is the program's. */
  prefix: readonly string[];
  /** Who must own the program's files; undefined: whoever does. */
  owner: number | undefined;
}

/** Another name for root: to the kernel the files' owner is still root, so any folder root can enter will do. */
const userNamespace = `unshare --user --map-user=${NOBODY} --map-group=${NOBODY}`.split(' ');
/** Where user namespaces are forbidden, as in most containers: nobody, who may still pass folders that only root can enter. */
const nobody =
  `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --securebits=+no_setuid_fixup --inh-caps=-all,+dac_override --ambient-caps=-all,+dac_override`.split(
    ' ',
  );

/** How this user runs a program that refuses root. Throws a StartError if we are root and there is no way. */
export function unprivileged(): Unprivileged {
  if (process.geteuid?.() !== 0) return { prefix: [], owner: undefined };
  if (works(userNamespace)) return { prefix: userNamespace, owner: 0 };
  if (works(nobody)) return { prefix: nobody, owner: NOBODY };
  throw new StartError(
    'Postgres refuses to run as root, and neither a user namespace (unshare) nor another user (setpriv) can be used here. ' +
      'Run as a normal user, or use docker compose.',
  );
}

const works = ([file, ...args]: readonly string[]) => spawnSync(file ?? '', [...args, 'true'], { stdio: 'ignore' }).status === 0;

/** Gives `dir` and all in it to `owner`, unless it is theirs. */
export async function giveTo(owner: number | undefined, dir: string): Promise<void> {
  if (owner === undefined || (await stat(dir)).uid === owner) return;
  for (const path of ['', ...(await readdir(dir, { recursive: true }))].toReversed()) await lchown(join(dir, path), owner, owner);
}
