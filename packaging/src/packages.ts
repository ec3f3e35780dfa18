import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  /** From an entry to its TypeScript. */
  readonly exports: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The packages that are published to npm: every one that is not private. */
export const published: readonly Package[] = readdirSync(join(ROOT, 'packages'))
  .map((name) => join(ROOT, 'packages', name))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest }))
  .filter(({ manifest }) => manifest.private !== true);

/** The file name that `pnpm pack` gives the package. */
export const tarballOf = ({ name, version }: Manifest): string => `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;

/** What Node programs may import. `testing` and `main` are for this repository, and modules outside of `src` for browsers. */
export const publicEntries = ({ exports }: Manifest): readonly string[] =>
  Object.entries(exports)
    .filter(([entry, source]) => !/^\.\/(testing|main)/.test(entry) && source.startsWith('./src/'))
    .map(([entry]) => entry);
