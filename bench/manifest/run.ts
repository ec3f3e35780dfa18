import { format, median, print, progress, progressEnded } from '../figures.ts';
import { machine } from '../machine.ts';
import { each, thereAndBack, withEach } from './arms.ts';
import { start } from './child.ts';
import { comparison, conclusion, difference, medianOf, type Round } from './comparison.ts';
import { CONNECTIONS } from './load.ts';
import { loadServices, type Effort } from './service-load.ts';
import type { SpanCost } from './spans.ts';

/** Of the service: one SERVER span, and what `place order` and those in it make. */
const SPANS_PER_REQUEST = 7;

/**
 * Measures what the manifest costs: a service under saturation with it and without it, and spans by themselves.
 * @param quick few and short rounds, for a look
 */
export async function manifest(quick: boolean): Promise<void> {
  print(`${machine()}\n`);
  const loaded = await services(quick ? 2 : 6, { warmUp: quick ? 1 : 5, turns: quick ? 1 : 3 });
  const made = await spans(quick ? 2 : 6);
  const [span, request] = [difference(made, 'CPU ns/span'), medianOf(loaded, 'control', 'CPU µs/request')];
  const ofRequest = (SPANS_PER_REQUEST * span) / 1000;
  print(
    `${SPANS_PER_REQUEST} spans of ${format(span)} ns more would be ${format(ofRequest, 1)} µs of the ${format(request)} µs of a request: ${format((100 * ofRequest) / request, 1)} %.`,
  );
}

async function services(times: number, effort: Effort): Promise<Round[]> {
  const sink = await start('sink.ts');
  const rounds: Round[] = [];
  for (let round = 0; round < times; round++) {
    progress(`a service under load: round ${round + 1} of ${times}`);
    rounds.push(await loadServices(round, sink.port, effort));
  }
  progressEnded();
  await sink.stop();
  print(
    `A service with ${SPANS_PER_REQUEST} spans a request, ${CONNECTIONS} connections, saturated; ${times} rounds of fresh processes, loaded in turns, there and back:\n`,
  );
  print(comparison(rounds));
  print(`\n${conclusion(rounds, 'requests/s')}\n${conclusion(rounds, 'CPU µs/request')}\n`);
  return rounds;
}

async function spans(times: number): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < times; round++) {
    progress(`spans by themselves: round ${round + 1} of ${times}`);
    rounds.push(await makeSpans(round));
  }
  progressEnded();
  print(`Spans by themselves, in trees of 7, which are exported to nobody; ${times} rounds of fresh processes:\n`);
  print(comparison(rounds));
  print(`\n${conclusion(rounds, 'CPU ns/span')}`);
  return rounds;
}

const makeSpans = (round: number): Promise<Round> =>
  withEach<SpanCost, Round>('spans.ts', { OTEL_TRACES_EXPORTER: 'none' }, async (children) => {
    const costs = each((): number[] => []);
    const order = thereAndBack(round);
    for (const arm of [...order, ...order]) costs[arm].push((await children[arm].ask()).nsPerSpan);
    return each((arm) => ({ 'CPU ns/span': median(costs[arm]) ?? NaN }));
  });
