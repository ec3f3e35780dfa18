import { inTurns } from '@waymark/span-store';
import type { StoredTrace, TraceStore } from '@waymark/span-store';
import type { Answer } from '../answer.ts';
import { around, ok, v3Error } from '../answer.ts';
import { BOOLEAN, TIME, TRACE_ID, valueOf } from '../parameters.ts';
import { search } from '../search/search.ts';
import { summariesText } from './summaries.ts';
import { otlpText, tracesText } from '../trace-text.ts';
import { named, parseV3Query, read } from './v3-query.ts';

type Params = URLSearchParams;

/** `GET /api/v3/services`. */
export const getServices = (store: TraceStore): Answer => ok({ services: store.services() });

/** `GET /api/v3/operations?service=…&spanKind=…`. A span without kind counts as internal, because Jaeger's UI needs a kind. */
export function getOperations(store: TraceStore, params: Params): Answer {
  const wanted = named(params, 'spanKind')[1];
  const kinds = store.operations(params.get('service') ?? '').map(({ name, spanKind }) => [name, spanKind || 'internal'] as const);
  const operations = [...Map.groupBy(kinds, ([name]) => name)].flatMap(([name, same]) =>
    [...new Set(same.map(([, spanKind]) => spanKind))].map((spanKind) => ({ name, spanKind })),
  );
  return ok({ operations: wanted === '' ? operations : operations.filter(({ spanKind }) => spanKind === wanted) });
}

/** `GET /api/v3/traces/{id}?rawTraces=…`. `startTime` and `endTime` are checked but not used, as in Jaeger's memory store. */
export function getTrace(store: TraceStore, params: Params, id: string): Answer {
  const traceId = valueOf('the trace id', id, TRACE_ID);
  read(params, 'startTime', TIME);
  read(params, 'endTime', TIME);
  const raw = read(params, 'rawTraces', BOOLEAN) ?? false;
  const trace = store.get(traceId);
  if (trace !== undefined) return content([trace], raw);
  return v3Error(404, store.wasEvicted(traceId) ? 'No traces found: the trace was evicted, its memory is full' : 'No traces found');
}

/** `GET /api/v3/traces?query.…`. */
export async function findTraces(store: TraceStore, params: Params): Promise<Answer> {
  const query = parseV3Query(params);
  const found = await inTurns(search(store, query));
  if (found.length === 0) return v3Error(404, 'No traces found');
  return content(found, query.raw);
}

/** `GET /api/v3/trace-summaries?query.…`. */
export async function findSummaries(store: TraceStore, params: Params): Promise<Answer> {
  const found = await inTurns(search(store, parseV3Query(params)));
  return { status: 200, json: around('{"summaries":[', summariesText(found), ']}') };
}

const content = (traces: readonly StoredTrace[], raw: boolean): Answer => ({
  status: 200,
  json: around('{"result":{"resourceSpans":[', tracesText(otlpText, traces, raw), ']}}'),
});
