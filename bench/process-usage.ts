import { readFile } from 'node:fs/promises';

/** The resources that a process has used. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMb: number;
}

/** Ticks per second of `/proc`; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Reads the resources that a process has used from Linux' `/proc`; undefined on other systems. */
export async function usageOf(pid: number | undefined): Promise<Usage | undefined> {
  if (pid === undefined || process.platform !== 'linux') return undefined;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may contain spaces; utime and stime are the 14th and 15th fields.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS, residentMb: (resident * 1024) / 1e6 };
}
