import { judge } from '@waymark/trace-model';
import { loadTrace } from '../shared/api.ts';
import { headline } from '../shared/headline.ts';
import type { Headline } from '../shared/headline.ts';

const AT_ONCE = 3;
const KEPT = 500;

const known = new Map<string, Headline>();
const waiting: (() => Promise<void>)[] = [];
let running = 0;

/** The verdict on a trace while it has this number of spans. Three traces are judged at a time. The last 500 verdicts are kept, except those of traces that still wait for spans. */
export function verdictOf(traceId: string, spans: number): Promise<Headline> {
  const key = `${traceId}/${spans}`;
  const before = known.get(key);
  if (before !== undefined) return Promise.resolve(before);
  return new Promise((resolve) => {
    waiting.push(async () => {
      const words = await judged(traceId).catch(() => NONE);
      if (words.word !== '' && words.word !== 'waiting') remember(key, words);
      resolve(words);
    });
    next();
  });
}

const NONE: Headline = { word: '', text: '' };

async function judged(traceId: string): Promise<Headline> {
  const trace = await loadTrace(traceId);
  return trace ? headline(judge(trace)) : NONE;
}

function next(): void {
  if (running >= AT_ONCE) return;
  const job = waiting.shift();
  if (!job) return;
  running++;
  void job().finally(() => {
    running--;
    next();
  });
}

function remember(key: string, words: Headline): void {
  known.set(key, words);
  const oldest = known.keys().next();
  if (known.size > KEPT && !oldest.done) known.delete(oldest.value);
}
