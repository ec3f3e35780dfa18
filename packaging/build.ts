/**
 * Compiles the package in the current folder for npm: ES modules into `dist`, and CommonJS into `dist/cjs`, for `require` and for test runners that
 * transform `import`. Without a tsconfig.cjs.json, `dist/cjs` has only the types, and loads the ES modules: for a package that has state, which must not
 * exist twice in a process. With a rolldown.config.js, the ES modules are bundled: for a package that should load quickly.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

rmSync('dist', { recursive: true, force: true });
const isBundled = existsSync('rolldown.config.js');
execFileSync('tsc', ['-p', 'tsconfig.build.json', ...(isBundled ? ['--emitDeclarationOnly'] : [])], { stdio: 'inherit' });
if (isBundled) execFileSync('rolldown', ['--config', '--logLevel', 'warn'], { stdio: 'inherit' });
if (existsSync('tsconfig.cjs.json')) execFileSync('tsc', ['-p', 'tsconfig.cjs.json'], { stdio: 'inherit' });
else writeFacades();
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');

function writeFacades(): void {
  for (const path of globSync('**/*.{js,d.ts}', { cwd: 'dist', exclude: ['shared'] })) {
    const facade = join('dist/cjs', path);
    mkdirSync(dirname(facade), { recursive: true });
    if (path.endsWith('.d.ts')) cpSync(join('dist', path), facade);
    else writeFileSync(facade, `module.exports = require('${relative(dirname(facade), join('dist', path))}');\n`);
  }
}
