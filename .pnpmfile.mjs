import { existsSync } from 'node:fs';
import { join } from 'node:path';

const REPOSITORY = 'https://github.com/waymark/waymark';

export const hooks = {
  /** In this repository, packages export TypeScript. `pnpm pack` and `pnpm publish` write a package.json that exports what packaging/build.ts has compiled. */
  beforePacking(manifest) {
    const directory = `packages/${manifest.name.split('/')[1]}`;
    const entries = Object.entries(manifest.exports).filter(([name]) => !/^\.\/(testing|main)/.test(name));
    const commands = Object.entries(manifest.bin ?? {});
    return {
      ...manifest,
      homepage: `${REPOSITORY}/tree/main/${directory}#readme`,
      repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory },
      engines: { node: '>=22.13' },
      exports: Object.fromEntries(entries.map(([name, source]) => [name, entry(directory, source)])),
      ...(commands.length > 0 && { bin: Object.fromEntries(commands.map(([name, source]) => [name, compiled(source, 'dist').default])) }),
    };
  },
};

/** An entry for `import` and, unless it has only ES modules, for `require`. A file outside of `src` is published as it is. */
function entry(directory, source) {
  if (!source.startsWith('./src/')) return source;
  const [esm, cjs] = [compiled(source, 'dist'), compiled(source, 'dist/cjs')];
  return existsSync(join(import.meta.dirname, directory, cjs.default)) ? { import: esm, require: cjs } : esm;
}

function compiled(source, folder) {
  const path = source.replace(/^\.\/src\/(.*)\.ts$/, `./${folder}/$1`);
  return { types: `${path}.d.ts`, default: `${path}.js` };
}
