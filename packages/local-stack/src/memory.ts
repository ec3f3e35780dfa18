import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

interface Process {
  pid: number;
  parent: number;
  /** Resident memory, including memory shared with other processes. */
  kilobytes: number;
}

/**
 * Returns the resident memory of this process and all its descendants in bytes. Linux counts shared memory once (the proportional set size);
 * other systems count it once per process. Undefined if there is no `ps`.
 */
export async function residentBytes(): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,rss=']);
    const sizes = await Promise.all(below(process.pid, readTable(stdout)).map(proportionalKilobytes));
    return sizes.reduce((sum, size) => sum + size, 0) * 1024;
  } catch {
    return undefined;
  }
}

export function readTable(text: string): Process[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [pid = 0, parent = 0, kilobytes = 0] = line.trim().split(/\s+/).map(Number);
      return { pid, parent, kilobytes };
    });
}

/** Returns the process `root` and all its descendants. */
export function below(root: number, processes: readonly Process[]): Process[] {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const found = processes.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...(children.get(pid) ?? []));
  return found;
}

async function proportionalKilobytes({ pid, kilobytes }: Process): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? kilobytes);
}
