import { join } from 'node:path';
import { publicEntries, published } from './src/packages.ts';

/** The API reference, from the docstrings of all public entries. A public name without a docstring is an error. */
export default {
  name: 'Waymark',
  entryPoints: published.flatMap(({ folder, manifest }) =>
    publicEntries(manifest).map((entry) => join(folder, manifest.exports[entry] ?? '')),
  ),
  tsconfig: 'tsconfig.api.json',
  out: '../.waymark/api',
  readme: 'none',
  excludeExternals: true,
  validation: { notExported: false, invalidLink: false, notDocumented: true },
  treatValidationWarningsAsErrors: true,
  requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable'],
};
