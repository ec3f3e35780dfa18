import { ResourceSpans, ScopeSpans, decode, isGone, outlinesOf, spanBytes, spansOf } from '@waymark/span-store';
import type { Chunk, StoredTrace, TraceStore } from '@waymark/span-store';
import { matchesAttributes, matchesOutline } from './match-span.ts';
import type { SearchQuery } from './search-query.ts';

/** Work that may pause where it yields: see `inTurns`. */
type Work<T> = Generator<undefined, T>;

/** The traces with a matching span, newest first. While it pauses, spans can arrive and traces can be evicted. */
export function* search(store: TraceStore, query: SearchQuery): Work<StoredTrace[]> {
  const found: StoredTrace[] = [];
  for (const trace of store.newestFirst()) {
    if (found.length >= query.limit) break;
    if (yield* some(trace.chunks, (chunk) => matches(query, chunk))) found.push(trace);
  }
  return found.filter((trace) => !isGone(trace));
}

function* matches(query: SearchQuery, chunk: Chunk): Work<boolean> {
  if (query.service !== '' && query.service !== chunk.resource.service) return false;
  if (query.operation !== '' && !spanBytes(chunk.place).includes(query.operation)) return false;
  if (!(yield* some(outlinesOf(chunk), (span) => matchesOutline(query, span)))) return false;
  if (query.attributes.size === 0) return true;
  const { scope } = decode(ScopeSpans, chunk.scope.bytes);
  const { resource } = decode(ResourceSpans, chunk.resource.bytes);
  return yield* some(spansOf(chunk), (span) => matchesOutline(query, span) && matchesAttributes(query, span, scope, resource));
}

function* some<T>(items: Iterable<T>, test: (item: T) => boolean | Work<boolean>): Work<boolean> {
  for (const item of items) {
    const passed = test(item);
    if (typeof passed === 'boolean' ? passed : yield* passed) return true;
    yield;
  }
  return false;
}
