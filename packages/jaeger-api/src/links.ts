import type { IncomingLink } from '@waymark/trace-model';
import { inTurns, isGone, spanBytes, spansOf, traceIdOf } from '@waymark/span-store';
import type { Chunk, TraceStore } from '@waymark/span-store';
import { ok, type Answer } from './answer.ts';
import { TRACE_ID, valueOf } from './parameters.ts';

const MOST = 200;

/** `GET /api/links/{trace id}`, not in Jaeger: the spans of other traces that link to this one, newest traces first, at most 200. */
export async function getLinks(store: TraceStore, _params: URLSearchParams, id: string): Promise<Answer> {
  return ok({ links: await inTurns(linksTo(store, valueOf('the trace id', id, TRACE_ID))) });
}

/** Searches for the bytes of the id: the encoded spans of other traces contain them only in links or attributes. It may pause where it yields. */
function* linksTo(store: TraceStore, traceId: string): Generator<undefined, IncomingLink[]> {
  const id = Buffer.from(traceId, 'hex');
  const found: IncomingLink[] = [];
  for (const trace of store.newestFirst()) {
    if (traceIdOf(trace.key) === traceId) continue;
    for (const chunk of trace.chunks) {
      yield;
      if (isGone(trace)) break;
      if (spanBytes(chunk.place).includes(id)) found.push(...linksOf(chunk, traceId));
      if (found.length >= MOST) return found.slice(0, MOST);
    }
  }
  return found;
}

function linksOf(chunk: Chunk, to: string): IncomingLink[] {
  const from = { traceId: traceIdOf(chunk.trace.key), service: chunk.resource.service };
  return [...spansOf(chunk)].flatMap(({ spanId, name = '', links = [] }) =>
    links.filter(({ traceId }) => traceId === to).map(({ spanId: linkedSpanId = '' }) => ({ ...from, spanId, name, linkedSpanId })),
  );
}
