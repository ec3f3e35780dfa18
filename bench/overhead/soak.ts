import { start } from '../child.ts';
import { format, print, progress, progressEnded, table } from '../figures.ts';
import { machine } from '../machine.ts';
import { Chain } from './chain.ts';
import type { Way } from './failing-sink.ts';
import { WAYMARK } from './variants.ts';

const SECONDS = 20;
const WINDOWS = 5;
const FAILURES = 3;

/**
 * Loads three traced services to saturation while their trace backend hangs, refuses connections and answers 500, for 100 s each. Rejects if a
 * request fails. The memory must not grow from one failure to the next.
 * @param quick windows of 2 s, for a first look
 */
export async function soak(quick: boolean): Promise<void> {
  print(`${machine()}\n`);
  const seconds = quick ? 2 : SECONDS;
  const sink = await start<Way>('overhead/failing-sink.ts');
  const rows: string[][] = [];
  {
    await using chain = await Chain.start(WAYMARK, sink.port, 'soak');
    const measure = async (way: string): Promise<void> => {
      const { requestsPerSecond, p99 } = await chain.load(seconds);
      rows.push([way, format(requestsPerSecond), format(p99, 1), format(await chain.residentMb())]);
    };
    progress('warm-up');
    await chain.load(seconds);
    await measure('is healthy');
    for (let failure = 0; failure < FAILURES; failure++) {
      const way = await sink.ask();
      for (let window = 1; window <= WINDOWS; window++) {
        progress(`the trace backend ${way}: ${window * seconds} of ${WINDOWS * seconds} s`);
        await measure(way);
      }
    }
    await measure(await sink.ask());
  }
  progressEnded();
  await sink.stop();
  print(table(['the trace backend', 'requests/s', 'p99 ms', 'MB'], rows));
  print(
    `\nWindows of ${seconds} s; MB is the resident memory of the middle service at the end of each. No request failed, or this table would not be here.`,
  );
}
