import { describe } from '@jest/globals';
import { join } from 'node:path';

const installed = process.env['PROJECT'] ?? '';

/** The project that global-setup.ts installed. */
export const project = (...path: readonly string[]): string => join(installed, ...path);

/** Node by its version: the one that runs this, and the oldest major version that the packages support. */
export const NODES = {
  [process.versions.node.split('.')[0] ?? '']: process.execPath,
  22: join(installed, 'node_modules/node22/bin/node'),
};

/** Tests that need the installed project. Without a registry, they are skipped. */
export const withProject = (name: string, tests: () => void): void =>
  (installed ? describe : describe.skip)(installed ? name : `${name} (skipped: no npm registry can be reached)`, tests);
