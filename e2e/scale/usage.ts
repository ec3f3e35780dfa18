import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks of /proc, in milliseconds. Linux reports 100 per second to programs on every architecture that Node supports. */
const TICK_MS = 10;

interface ProcessTimes {
  pid: number;
  parent: number;
  /** CPU time of the process, and of its children that have ended. */
  ownMs: number;
  endedChildrenMs: number;
}

/** CPU time in milliseconds that a process and all of its children have used. Only Linux reports it. */
export async function cpuMs(pid: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(pids.map(timesOf))).filter((one) => one !== undefined);
  const sum = (of: number): number => {
    const self = all.find((one) => one.pid === of);
    const children = all.filter(({ parent }) => parent === of).map((child) => sum(child.pid));
    return children.reduce((total, ms) => total + ms, (self?.ownMs ?? 0) + (self?.endedChildrenMs ?? 0));
  };
  return sum(pid);
}

async function timesOf(pid: number): Promise<ProcessTimes | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (text === '') return undefined;
  // The name, in parentheses, may have spaces.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return { pid, parent, ownMs: (utime + stime) * TICK_MS, endedChildrenMs: (cutime + cstime) * TICK_MS };
}
