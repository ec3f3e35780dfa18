import { start, type Child } from '../child.ts';
import { format, formatSpread, median, print, progress, progressEnded, spread, table, type Spread } from '../figures.ts';
import { machine } from '../machine.ts';
import { Chain, CONNECTIONS, HOPS, type Window } from './chain.ts';
import { orderFlow, type OrderWindow } from './orders.ts';
import { startUps } from './start-up.ts';
import type { Received } from './sink.ts';
import { ON_SDK, UNTRACED, UNTRACED_AGAIN, VARIANTS, WAYMARK, type Variant } from './variants.ts';

interface Effort {
  /** Rounds before those that count. */
  readonly warmUps: number;
  readonly rounds: number;
  /** Seconds per variant and round. */
  readonly window: number;
  readonly starts: number;
  readonly orders: { readonly warmUps: number; readonly rounds: number; readonly window: number };
}

const EFFORT: Effort = { warmUps: 8, rounds: 8, window: 2, starts: 5, orders: { warmUps: 3, rounds: 4, window: 4 } };
const QUICK: Effort = { warmUps: 2, rounds: 2, window: 1, starts: 2, orders: { warmUps: 1, rounds: 1, window: 2 } };

/** The measurements of a variant, by round. */
interface Measured {
  readonly saturated: Window[];
  readonly half: Window[];
  residentMb: number;
  lost: string;
}

/**
 * Measures what tracing costs three Koa services that call each other: all variants run at once and are loaded in turns.
 * @param quick few and short windows, for a first look
 */
export async function overhead(quick: boolean): Promise<void> {
  const effort = quick ? QUICK : EFFORT;
  print(`${machine()}\n`);
  const sink = await start<Received>('overhead/sink.ts', [], { DELAY_MS: '100' });
  const measured = await measureChains(sink, effort);
  const starts = await startUps(VARIANTS, effort.starts);
  const pairs = await measurePairs(sink, effort);
  // The CPU time of the services can be read on Linux only.
  const flow = process.platform === 'linux' ? await orderFlow(`http://127.0.0.1:${sink.port}/orders`, effort.orders) : undefined;
  progressEnded();
  await sink.stop();
  print(
    `${HOPS} Koa services in a row, ${CONNECTIONS} connections, saturated; medians of ${effort.rounds} rounds, as ratios to no tracing:\n`,
  );
  const saturated = (variant: Variant): readonly Load[] => measured.get(variant)!.saturated;
  const control = meanOf(saturated(UNTRACED), saturated(UNTRACED_AGAIN));
  const rows = VARIANTS.map((variant) => {
    const { half, residentMb, lost } = measured.get(variant)!;
    const { ms, residentMb: atStart } = starts.get(variant)!;
    return [
      variant.name,
      formatSpread(ratios(control, saturated(variant), 'requestsPerSecond')),
      formatSpread(ratios(control, saturated(variant), 'cpuPerRequest')),
      format(median(half.map(({ p50 }) => p50)), 1),
      format(median(half.map(({ p99 }) => p99)), 1),
      format(residentMb),
      `${format(ms)} / ${format(atStart)}`,
      lost,
    ];
  });
  print(table(['', 'requests/s', 'CPU/request', 'p50 ms', 'p99 ms', 'MB', 'start ms / MB', 'spans lost'], rows));
  print(
    '\np50 and p99 are at half of the untraced capacity; MB is the resident memory of the middle service, and of an empty program at its start.\n',
  );
  for (const figure of FIGURES) print(verdict(control, saturated(WAYMARK), saturated(UNTRACED), figure));
  if (flow) {
    print('\nThe shop, from an order to its fulfilment, with four services and Postgres:');
    for (const figure of FIGURES) print(verdict(meanOf(flow.untraced, flow.untracedAgain), flow.traced, flow.untraced, figure));
  }
  print(
    `\nA SERVER and a CLIENT span without HTTP, exported: ${pairs.map(([{ name }, us]) => `${name} ${format(us, 1)} µs of CPU`).join(', ')}`,
  );
}

async function measureChains(sink: Child<Received>, { warmUps, rounds, window }: Effort): Promise<Map<Variant, Measured>> {
  const measured = new Map<Variant, Measured>();
  await using running = new AsyncDisposableStack();
  const chains: Chain[] = [];
  for (const variant of VARIANTS) {
    chains.push(running.use(await Chain.start(variant, sink.port, slugOf(variant))));
    measured.set(variant, { saturated: [], half: [], residentMb: NaN, lost: '-' });
  }
  // In turns, too. A variant that is warmed up and then waits for the others stays slower until the end, by up to a third.
  for (let round = 0; round < warmUps; round++) {
    progress(`warm-up: round ${round + 1} of ${warmUps}`);
    for (const chain of inTurn(chains, round)) await chain.load(window);
  }
  for (let round = 0; round < rounds; round++) {
    progress(`saturated: round ${round + 1} of ${rounds}`);
    for (const chain of inTurn(chains, round)) measured.get(chain.variant)?.saturated.push(await chain.load(window));
  }
  const capacity = median(measured.get(UNTRACED)!.saturated.map(({ requestsPerSecond }) => requestsPerSecond)) ?? NaN;
  for (let round = 0; round < Math.ceil(rounds / 4); round++) {
    progress(`at half of the capacity: round ${round + 1}`);
    for (const chain of inTurn(chains, round)) measured.get(chain.variant)?.half.push(await chain.load(window, capacity / 2));
  }
  for (const chain of chains) measured.get(chain.variant)!.residentMb = await chain.residentMb();
  const made = new Map<Variant, number>();
  for (const chain of chains) made.set(chain.variant, await chain.spans());
  await running.disposeAsync();
  const received = await sink.ask();
  for (const variant of [WAYMARK, ON_SDK]) {
    const spans = made.get(variant)!;
    measured.get(variant)!.lost = `${format(spans - (received[slugOf(variant)] ?? 0))} of ${format(spans)}`;
  }
  return measured;
}

async function measurePairs(sink: Child<Received>, { starts }: Effort): Promise<[Variant, number][]> {
  const results: [Variant, number][] = [];
  for (const variant of [WAYMARK, ON_SDK]) {
    const env = { ...variant.env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.port}/pairs` };
    const child = await start<number>('overhead/pairs.ts', ['--import', '@waymark/tracing/register'], env);
    const costs: number[] = [];
    for (let round = 0; round < starts; round++) costs.push(await child.ask());
    await child.stop();
    results.push([variant, median(costs) ?? NaN]);
  }
  return results;
}

const slugOf = ({ name }: Variant): string => name.replaceAll(/\W+/g, '-');

/** Each round begins with another chain, and every other one runs backwards. */
function inTurn(chains: readonly Chain[], round: number): Chain[] {
  const from = [...chains.slice(round % chains.length), ...chains.slice(0, round % chains.length)];
  return round % 2 ? from.toReversed() : from;
}

/** What one window of load has measured, of a chain or of the shop. */
type Load = Pick<Window, Figure> | OrderWindow;
type Figure = (typeof FIGURES)[number];

const FIGURES = ['requestsPerSecond', 'cpuPerRequest'] as const;

/** The mean of two variants, by round. Equal processes differ, so the control is two sets of them. */
const meanOf = (one: readonly Load[], other: readonly Load[]): Load[] =>
  one.map((window, round) => ({
    requestsPerSecond: (window.requestsPerSecond + other[round]!.requestsPerSecond) / 2,
    cpuPerRequest: (window.cpuPerRequest + other[round]!.cpuPerRequest) / 2,
  }));

/** The ratios to the control of the same round: the median, and the middle half of the rounds. */
function ratios(control: readonly Load[], windows: readonly Load[], figure: Figure): Spread {
  const sorted = windows.map((window, round) => window[figure] / (control[round]?.[figure] ?? NaN)).toSorted((a, b) => a - b);
  const quarter = Math.floor(sorted.length / 4);
  return spread(sorted.slice(quarter, sorted.length - quarter));
}

function verdict(control: readonly Load[], traced: readonly Load[], untraced: readonly Load[], figure: Figure): string {
  const [ratio, noise] = [ratios(control, traced, figure), ratios(control, untraced, figure)];
  const name = figure === 'requestsPerSecond' ? 'requests/s' : 'CPU/request';
  const width = Math.max(Math.abs(noise.low - 1), Math.abs(noise.high - 1), ratio.high - ratio.low);
  if (Math.abs(ratio.median - 1) <= width) {
    return `${name}: no verdict. The difference to no tracing (${format(ratio.median, 2)}) is not larger than the spread (±${format(width, 2)}).`;
  }
  return `${name}: ${format(ratio.median, 2)} of no tracing (spread ±${format(width, 2)}, measured with equal processes and between rounds).`;
}
