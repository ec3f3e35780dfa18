import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Attack } from './attack.ts';

const SCRIPT = fileURLToPath(new URL('../../packages/trace-store/src/testing/attack.ts', import.meta.url));
/** The limit that packages/trace-store/README.md promises, in MB. */
const MOST_MB = 350;
const LONGEST_MS = 2_500;

export const traceStore: Attack = {
  what: 'the trace store gets 16 MB bodies, unfinished messages, and a trace of 1.4 million spans, which is read three times',
  before: 'up to 3.4 GB in the process of the launcher; the port did not answer for 21 s',
  async run({ say }) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SCRIPT], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const peaks: number[] = [];
    const waits: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      say(line);
      const [, peak, wait] = /(\d+|died)\s+(\d+) ms\s+[\d.]+$/.exec(line) ?? [];
      if (peak === undefined) continue;
      peaks.push(peak === 'died' ? Infinity : Number(peak));
      waits.push(Number(wait));
    }
    await ended;
    const [most, longest] = [Math.max(...peaks), Math.max(...waits)];
    return {
      now: `at most ${most} MB, in a process of its own; the longest wait for a small answer: ${longest} ms`,
      held: peaks.length > 5 && most < MOST_MB && longest < LONGEST_MS,
    };
  },
};
