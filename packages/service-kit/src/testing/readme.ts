import { readFile } from 'node:fs/promises';
import type { Api } from '@waymark/contracts';

/** Reads the routes that a README lists: the first column of the table under "## Routes". */
export async function pathsIn(readme: URL): Promise<string[]> {
  return (await rowsUnder('Routes', readme)).map(([path = '']) => path);
}

/** Returns the routes of a contract, in the form that READMEs use. */
export function pathsOf(api: Api): string[] {
  return Object.values(api.routes).map(({ method, path }) => `${method} ${path}`);
}

/** Reads the variables that a README lists, with their defaults ('' for required ones): the first two columns of the table under "## Environment". */
export async function environmentIn(readme: URL): Promise<Record<string, string>> {
  return Object.fromEntries((await rowsUnder('Environment', readme)).map(([name = '', value = '']) => [name, value]));
}

/** Returns the variables that a configuration reads, with their defaults ('' for required ones). */
export function environmentOf(config: (env: NodeJS.ProcessEnv) => object, required: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(config(required)).map(([name, value]) => [name, name in required ? '' : String(value)]));
}

async function rowsUnder(heading: string, readme: URL): Promise<string[][]> {
  const [, section = ''] = (await readFile(readme, 'utf8')).split(`## ${heading}\n`);
  const [body = ''] = section.split('\n## ');
  const rows = body.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}
