import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const PRETEND = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})';

test.each([
  ['cli/main.ts', 2],
  ['index.ts', 1],
])('on an older Node, %s says which Node it needs', (file, code) => {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--import', PRETEND, program], { encoding: 'utf8' });
  expect(stderr).toContain('@waymark/trace-testing needs Node 22.13 or later, but this is Node 20.19.0.');
  expect(status).toBe(code);
});
