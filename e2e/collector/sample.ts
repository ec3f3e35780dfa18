import { setTimeout as delay } from 'node:timers/promises';
import { judge } from '@waymark/trace-model';
import { startTraceStore } from '@waymark/trace-store';
import { tracesFrom } from '@waymark/trace-testing';
import { until } from '@waymark/service-kit/testing/until';
import { startCollectors } from './collectors.ts';
import { sendParts, type Example, type ResourceSpans } from './examples.ts';

export interface Wish {
  examples: readonly Example[];
  traces: number;
  say: (line: string) => void;
}

export interface Report {
  spans: number;
  /** For each kind of trace: how many were sent, and how many were kept. */
  kinds: { what: string; isWanted: boolean; sent: number; kept: number }[];
  /** Kept traces that lack spans which were sent. */
  torn: number;
  /** Kept traces whose verdict is wrong: called complete without being so, or the other way round. */
  misjudged: number;
}

const COLLECTORS = 2;
const WAIT_SECONDS = 10;
const BATCH = 100;
const AT_ONCE = 4;
/** Of ten traces, one has a job that runs after the decision. */
const LATE_EVERY = 10;
const READERS = 8;

/** Sends copies of real traces through Collectors, in pieces and to either of them, and looks at what they kept. */
export async function sample({ examples, traces, say }: Wish): Promise<Report> {
  await using undo = new AsyncDisposableStack();
  const store = await startTraceStore({ otlpPort: 0, grpcPort: 0, uiPort: 0, memoryMb: 2_000 });
  undo.defer(() => store.close());
  const sampling = { DECISION_WAIT: `${WAIT_SECONDS}s`, SLOW_MS: '3000', SHARE_PERCENT: '10' };
  const collectors = undo.use(await startCollectors(COLLECTORS, new URL(store.grpcUrl).host, sampling));

  const sent: { traceId: string; example: Example }[] = [];
  let spans = 0;
  const send = sender(collectors.urls);
  const late: ResourceSpans[] = [];
  let left = traces;
  const customer = async (): Promise<void> => {
    while (left > 0) {
      const parts: ResourceSpans[] = [];
      for (let at = Math.min(BATCH, left); at > 0; at--, left--) {
        const example = examples[kindOf(left, examples.length)]!;
        const copy = example.copy();
        sent.push({ traceId: copy.traceId, example });
        spans += example.spans;
        parts.push(...copy.parts);
        (left % LATE_EVERY === 0 ? late : parts).push(...copy.late);
      }
      await send(parts);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, customer));
  say(`sent ${sent.length} traces with ${spans} spans to ${COLLECTORS} Collectors`);
  await delay(1_000 * (WAIT_SECONDS + 3));
  for (let at = 0; at < late.length; at += BATCH) await send(late.slice(at, at + BATCH));
  say('sent the spans of the jobs that ran after the decision');
  let before = -1;
  const isQuiet = async (): Promise<boolean> => {
    const { receivedSpans: now } = store.stats();
    const same = now === before;
    before = now;
    await delay(2_000);
    return same;
  };
  await until(isQuiet, Boolean, 'the Collectors to have exported everything', 120_000);
  return { spans, ...(await look(store.url, sent)) };
}

/** Half are ordinary orders, a quarter lists of products, and the rest is of all other kinds. */
function kindOf(at: number, kinds: number): number {
  if (at % 2 === 0) return 0;
  return at % 4 === 1 ? 1 : 2 + (Math.floor(at / 4) % (kinds - 2));
}

/** Shuffles the parts among the Collectors. */
function sender(urls: readonly string[]): (parts: readonly ResourceSpans[]) => Promise<void> {
  let turn = 0;
  return async (parts) => {
    const groups = Map.groupBy(parts, () => urls[turn++ % urls.length]!);
    for (const [url, group] of groups) await sendParts(url, group);
  };
}

async function look(url: string, sent: readonly { traceId: string; example: Example }[]): Promise<Omit<Report, 'spans'>> {
  const kinds = new Map<Example, Report['kinds'][number]>();
  let [torn, misjudged] = [0, 0];
  const traces = tracesFrom(url);
  const left = [...sent];
  const reader = async (): Promise<void> => {
    for (let one = left.shift(); one; one = left.shift()) {
      const { traceId, example } = one;
      const { what, isWanted } = example;
      const kind = kinds.get(example) ?? { what, isWanted, sent: 0, kept: 0 };
      kinds.set(example, kind);
      kind.sent += 1;
      const trace = await traces.now(traceId).catch(() => undefined);
      if (!trace || trace.spans.length === 0) continue;
      kind.kept += 1;
      if (trace.spans.length !== example.spans) torn += 1;
      else if ((judge(trace).completeness.state === 'complete') !== example.isWhole) misjudged += 1;
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return { kinds: [...kinds.values()], torn, misjudged };
}
