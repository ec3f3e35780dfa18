import { setImmediate } from 'node:timers/promises';
import { decode } from '../otlp/decode.ts';
import { ResourceSpans, ScopeSpans } from '../otlp/schema.ts';
import { outlinesOf, spansOf } from '../store/read-trace.ts';
import { spanBytes } from '../store/span-log.ts';
import type { Chunk, StoredTrace } from '../store/stored-trace.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { matchesAttributes, matchesOutline } from './match-span.ts';
import type { SearchQuery } from './search-query.ts';

/** How long one stretch of a search may keep other requests waiting, in milliseconds. */
const STRETCH = 10;

/** The traces with a matching span, newest first. A search reads every span, so it lets other requests in between. */
export async function search(store: TraceStore, query: SearchQuery): Promise<StoredTrace[]> {
  const found: StoredTrace[] = [];
  let pause = performance.now() + STRETCH;
  for (const trace of store.newestFirst()) {
    if (found.length >= query.limit) break;
    if (trace.chunks.some((chunk) => matches(query, chunk))) found.push(trace);
    if (performance.now() < pause) continue;
    await setImmediate();
    pause = performance.now() + STRETCH;
  }
  return found.filter(({ chunks }) => chunks.length > 0);
}

function matches(query: SearchQuery, chunk: Chunk): boolean {
  if (query.service !== '' && query.service !== chunk.resource.service) return false;
  if (query.operation !== '' && !spanBytes(chunk.place).includes(query.operation)) return false;
  if (!outlinesOf(chunk).some((span) => matchesOutline(query, span))) return false;
  if (query.attributes.size === 0) return true;
  const { scope } = decode(ScopeSpans, chunk.scope.bytes);
  const { resource } = decode(ResourceSpans, chunk.resource.bytes);
  return spansOf(chunk).some((span) => matchesOutline(query, span) && matchesAttributes(query, span, scope, resource));
}
