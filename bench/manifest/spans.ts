// Only makes spans, in trees of seven, and does not export them.
import { span } from '@waymark/tracing';
import { declares } from './declares.ts';

/** The answer when it is asked. */
export interface SpanCost {
  /** CPU time of all threads per span, in nanoseconds. */
  readonly nsPerSpan: number;
  readonly declares: boolean;
}

const TREES = 50_000;
const SPANS_PER_TREE = 7;

const none = (): undefined => undefined;
const INNER = Array.from({ length: SPANS_PER_TREE - 1 }, (_, at) => `inner ${at}`);

async function makeTrees(): Promise<void> {
  for (let tree = 0; tree < TREES; tree++) {
    await span('root', async () => {
      for (const name of INNER) await span(name, none);
    });
  }
}

const itDeclares = await declares();
await makeTrees();

process.on('message', () => void measure());
process.send?.(0);

async function measure(): Promise<void> {
  const before = process.cpuUsage();
  await makeTrees();
  const { user, system } = process.cpuUsage(before);
  const cost: SpanCost = { nsPerSpan: ((user + system) * 1000) / (TREES * SPANS_PER_TREE), declares: itDeclares };
  process.send?.(cost);
}
