/**
 * Compiles the package in the current folder for npm: ES modules into `dist`, and CommonJS into `dist/cjs`, for `require` and for test runners that
 * transform `import`. Without a tsconfig.cjs.json, `dist/cjs` has only the types, and loads the ES modules: for a package that has state, which must not
 * exist twice in a process.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

rmSync('dist', { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (existsSync('tsconfig.cjs.json')) execFileSync('tsc', ['-p', 'tsconfig.cjs.json'], { stdio: 'inherit' });
else for (const path of globSync('**/*.js', { cwd: 'dist' })) writeFacade(path);
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');

function writeFacade(path: string): void {
  const folder = dirname(join('dist/cjs', path));
  const types = path.replace(/\.js$/, '.d.ts');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join('dist/cjs', path), `module.exports = require('${relative(folder, join('dist', path))}');\n`);
  cpSync(join('dist', types), join('dist/cjs', types));
}
