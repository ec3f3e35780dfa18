import { expect, test } from '@jest/globals';
import { NODES, project, withProject } from './for-project.ts';
import { run } from './run.ts';

const NODE_TEST = ['--test', '--test-reporter=tap'];
const JEST = [project('node_modules/jest/bin/jest.js')];
const JEST_ESM = ['--experimental-vm-modules', ...JEST];
const VITEST = [project('node_modules/vitest/vitest.mjs'), 'run'];

/** The test runner and the module system; the folder in `runners`; the arguments of Node; what it writes when its one test has passed. */
const ROWS = [
  ['node:test, ES modules', 'node-test-esm', NODE_TEST, '# pass 1'],
  ['node:test, CommonJS', 'node-test-cjs', NODE_TEST, '# pass 1'],
  ['Jest, ES modules', 'jest-esm', JEST_ESM, '1 passed, 1 total'],
  ['Jest, CommonJS', 'jest-cjs', JEST, '1 passed, 1 total'],
  ['ts-jest, ES modules', 'ts-jest-esm', JEST_ESM, '1 passed, 1 total'],
  ['ts-jest, CommonJS, @types/jest', 'ts-jest', JEST, '1 passed, 1 total'],
  ['babel-jest, @jest/globals', 'babel-jest', JEST, '1 passed, 1 total'],
  ['Vitest', 'vitest', VITEST, 'Tests  1 passed (1)'],
] as const;

withProject('trace-testing', () => {
  for (const [version, node] of Object.entries(NODES)) {
    test.each(ROWS)(`%s, Node ${version}`, async (_, folder, args, passed) => {
      expect(await run({ cwd: project('runners', folder), env: { NO_COLOR: '1' } }, node, ...args)).toContain(passed);
    });
  }
});
