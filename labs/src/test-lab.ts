import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { judge } from './judge.ts';
import type { Lab } from './lab.ts';
import { runSide } from './run-side.ts';

/** The tests of a lab: the broken side has the fault that the README names, and the fixed side has none. */
export function testLab(lab: Lab, folder: string): void {
  let store: RunningTraceStore;
  beforeAll(async () => {
    store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  });
  afterAll(() => store.close());

  test(`broken: ${lab.fails}, as the README says`, async () => {
    const { faults } = judge(lab, await runSide(lab, folder, 'broken', store));
    expect(faults.map(({ code }) => code)).toContain(lab.fails);
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain(`\`${lab.fails}\``);
  });

  test('fixed: nothing is lost', async () => {
    const { faults } = judge(lab, await runSide(lab, folder, 'fixed', store));
    expect(faults).toEqual([]);
  });
}
