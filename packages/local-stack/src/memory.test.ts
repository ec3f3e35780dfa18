import { expect, test } from '@jest/globals';
import { below, readTable, residentBytes } from './memory.ts';

test('finds a process and all its descendants, and no others', () => {
  const processes = readTable('  30 20 400\n  1 0 1\n 10 1 100\n20 10 50\n40 1 9000\n');
  expect(below(10, processes)).toEqual([
    { pid: 10, parent: 1, kilobytes: 100 },
    { pid: 20, parent: 10, kilobytes: 50 },
    { pid: 30, parent: 20, kilobytes: 400 },
  ]);
});

test('measures the memory of this process', async () => {
  expect(await residentBytes()).toBeGreaterThan(20_000_000);
});
