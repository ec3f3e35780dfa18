import { inTurns } from '@waymark/span-store';
import type { TraceStore } from '@waymark/span-store';
import type { Answer, V1Error } from '../answer.ts';
import { v1Error, v1List, v1Ok } from '../answer.ts';
import { dependencies } from '../dependencies.ts';
import { search } from '../search/search.ts';
import { BadQuery, shortTraceId, TRACE_ID, valueOf } from '../parameters.ts';
import { tracesText } from '../trace-text.ts';
import { parseFlag, parseUnits, parseV1Query } from './v1-query.ts';
import { v1TraceText } from './v1-trace.ts';

type Params = URLSearchParams;

/** `GET /api/services`. */
export function getServices(store: TraceStore): Answer {
  const services = store.services();
  return v1Ok(services, services.length);
}

/** `GET /api/operations?service=…&spanKind=…`. */
export function getOperations(store: TraceStore, params: Params): Answer {
  const service = params.get('service') ?? '';
  if (service === '') throw new BadQuery('service is required');
  const found = store.operations(service, params.get('spanKind') ?? '');
  return v1Ok(found, found.length);
}

/** `GET /api/services/{service}/operations`. */
export function getOperationNames(store: TraceStore, _: Params, service: string): Answer {
  const names = [...new Set(store.operations(service).map(({ name }) => name))];
  return v1Ok(names.length === 0 ? null : names, names.length);
}

/** `GET /api/traces/{id}?raw=…`. `start` and `end` are checked but not used, as in Jaeger's memory store. */
export function getTrace(store: TraceStore, params: Params, id: string): Answer {
  const traceId = valueOf('the trace id', id, TRACE_ID);
  parseUnits(params, 'start', 1_000n, 0n);
  parseUnits(params, 'end', 1_000n, 0n);
  const raw = parseFlag(params, 'raw');
  const trace = store.get(traceId);
  return trace === undefined ? v1Error(404, absence(store, traceId)) : v1List(tracesText(v1TraceText, [trace], raw));
}

/** `GET /api/traces?service=…` or `?traceID=…`. */
export async function findTraces(store: TraceStore, params: Params): Promise<Answer> {
  const query = parseV1Query(params);
  if (query.traceIds.length === 0) return v1List(tracesText(v1TraceText, await inTurns(search(store, query)), query.raw));
  const found = query.traceIds.flatMap((id) => store.get(id) ?? []);
  const missing = query.traceIds.filter((id) => store.get(id) === undefined);
  const errors = missing.map((id): V1Error => ({ msg: absence(store, id), traceID: shortTraceId(id) }));
  return v1List(tracesText(v1TraceText, found, query.raw), errors.length === 0 ? null : errors);
}

const DEFAULT_LOOKBACK = 86_400_000_000_000n;

/** `GET /api/dependencies?endTs=…&lookback=…&service=…`, both times in milliseconds. */
export async function getDependencies(store: TraceStore, params: Params): Promise<Answer> {
  const to = parseUnits(params, 'endTs', 1_000_000n, BigInt(Date.now()) * 1_000_000n);
  const lookback = parseUnits(params, 'lookback', 1_000_000n, DEFAULT_LOOKBACK);
  if (lookback < 0n) throw new BadQuery('lookback should not be negative');
  const service = params.get('service') ?? '';
  const links = await inTurns(dependencies(store, to - lookback, to));
  return v1Ok(service === '' ? links : links.filter(({ parent, child }) => parent === service || child === service));
}

function absence(store: TraceStore, traceId: string): string {
  return store.wasEvicted(traceId) ? 'trace not found: it was evicted, its memory is full' : 'trace not found';
}
