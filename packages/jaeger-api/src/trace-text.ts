import { Budget, isGone, readSpans, readTrace, traceIdOf } from '@waymark/span-store';
import type { Holder, PlacedSpan, ResourceSpansJson, StoredTrace } from '@waymark/span-store';
import { adjust } from './adjust.ts';

/** Writes the spans of a trace as JSON, in parts. `held` counts what it keeps until the end. */
export type Writer = (traceId: string, spans: Iterable<PlacedSpan>, held: Holder) => Generator<string>;

/** The largest trace that is adjusted. Adjusting decodes the whole trace in one turn, so larger traces are answered as they were sent. */
const MAX_ADJUSTED = { spans: 10_000, bytes: 4_000_000 };

/** Limits the text of all answers that waits to be sent. */
const UNSENT = new Budget(64_000_000);

/**
 * Traces as JSON, with commas between them. They are as they were sent if `raw`, or if they are too large to be adjusted. Throws `OverBudget` if too
 * much text waits to be sent.
 */
export function* tracesText(write: Writer, traces: Iterable<StoredTrace>, raw: boolean): Generator<string> {
  let comma = '';
  for (const trace of traces) {
    // It may have been evicted while earlier traces were read.
    if (isGone(trace)) continue;
    yield comma;
    yield* traceText(write, trace, raw);
    comma = ',';
  }
}

function* traceText(write: Writer, trace: StoredTrace, raw: boolean): Generator<string> {
  using held = UNSENT.holder();
  const traceId = traceIdOf(trace.key);
  if (raw || trace.spans > MAX_ADJUSTED.spans || trace.bytes > MAX_ADJUSTED.bytes)
    return yield* write(traceId, readSpans(trace, raw), held);
  // Written at once, because the text takes a fraction of the memory of the decoded trace.
  const text = [...write(traceId, placedSpans(adjust(readTrace(trace, false))), held)].join('');
  held.add(text.length);
  yield text;
}

function* placedSpans(trace: readonly ResourceSpansJson[]): Generator<PlacedSpan> {
  for (const { scopeSpans, ...resource } of trace)
    for (const { spans, ...scope } of scopeSpans) for (const span of spans) yield { resource, scope, span };
}

/** The `ResourceSpans` of a trace, with commas between them. */
export function* otlpText(_: string, spans: Iterable<PlacedSpan>): Generator<string> {
  let before: PlacedSpan | undefined;
  for (const placed of spans) {
    const sameResource = placed.resource === before?.resource;
    if (!sameResource)
      yield `${before === undefined ? '' : ']}]},'}${opened(placed.resource)}"scopeSpans":[${opened(placed.scope)}"spans":[`;
    else if (placed.scope !== before?.scope) yield `]},${opened(placed.scope)}"spans":[`;
    else yield ',';
    yield JSON.stringify(placed.span);
    before = placed;
  }
  if (before !== undefined) yield ']}]}';
}

/** An object of at least one field without its end, ready for another field. */
const opened = (object: object): string => `${JSON.stringify(object).slice(0, -1)},`;
