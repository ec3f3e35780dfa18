import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

const ROOT = join(import.meta.dirname, '..');

/** The folders of the labs, in order. */
export const labFolders: readonly string[] = readdirSync(ROOT)
  .filter((name) => /^\d\d-/.test(name))
  .toSorted()
  .map((name) => join(ROOT, name));

/** Loads the lab of a folder. */
export async function labIn(folder: string): Promise<Lab> {
  return ((await import(join(folder, 'lab.ts'))) as { lab: Lab }).lab;
}
