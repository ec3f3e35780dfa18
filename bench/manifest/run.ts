import { format, median, print, progress, progressEnded } from '../figures.ts';
import { machine } from '../machine.ts';
import { each, thereAndBack, withEach } from './arms.ts';
import { start } from '../child.ts';
import { comparison, conclusion, difference, medianOf, type Round } from './comparison.ts';
import { CONNECTIONS } from './load.ts';
import { loadServices, type Effort } from './service-load.ts';
import type { SpanCost } from './spans.ts';

/** The spans of the service: one SERVER span, and six of `place order` and its children. */
const SPANS_PER_REQUEST = 7;

/**
 * Measures the cost of the manifest: in a saturated service with and without it, and for spans alone.
 * @param quick few and short rounds, for a first look
 */
export async function manifest(quick: boolean): Promise<void> {
  print(`${machine()}\n`);
  const loaded = await services(quick ? 2 : 6, { warmUp: quick ? 1 : 5, turns: quick ? 1 : 3 });
  const made = await spans(quick ? 2 : 6);
  const [span, request] = [difference(made, 'CPU ns/span'), medianOf(loaded, 'control', 'CPU µs/request')];
  const ofRequest = (SPANS_PER_REQUEST * span) / 1000;
  print(
    `${format(span)} ns more for each of ${SPANS_PER_REQUEST} spans would be ${format(ofRequest, 1)} µs of the ${format(request)} µs of a request: ${format((100 * ofRequest) / request, 1)} %.`,
  );
}

async function services(times: number, effort: Effort): Promise<Round[]> {
  const sink = await start('manifest/sink.ts');
  const rounds: Round[] = [];
  for (let round = 0; round < times; round++) {
    progress(`a service under load: round ${round + 1} of ${times}`);
    rounds.push(await loadServices(round, sink.port, effort));
  }
  progressEnded();
  await sink.stop();
  print(
    `A saturated service with ${SPANS_PER_REQUEST} spans per request and ${CONNECTIONS} connections; ${times} rounds of new processes, loaded in turns in alternating order:\n`,
  );
  print(comparison(rounds));
  print(`\n${conclusion(rounds, 'requests/s')}\n${conclusion(rounds, 'CPU µs/request')}\n`);
  return rounds;
}

async function spans(times: number): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < times; round++) {
    progress(`spans alone: round ${round + 1} of ${times}`);
    rounds.push(await makeSpans(round));
  }
  progressEnded();
  print(`Spans alone, in trees of 7, not exported; ${times} rounds of new processes:\n`);
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
