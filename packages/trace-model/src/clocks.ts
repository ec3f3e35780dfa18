import { PEER_SPAN, PEER_TRACE } from '@waymark/semantic-conventions';
import { declaredSize, processOf } from './settled.ts';
import type { Span, Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** Smaller clock differences are ignored: NTP keeps hosts within a few milliseconds, and SDKs round to whole milliseconds. */
export const CLOCK_TOLERANCE = 10_000_000n;

/** A process whose clock disagrees with the clocks of other processes. */
export interface ClockSkew {
  readonly service: string;
  /** How far the clock is behind the others, in nanoseconds. Negative means ahead. */
  readonly behind: bigint;
  /** False if only messages show the difference. A message may wait before it is consumed, so the real difference may be larger. */
  readonly exact: boolean;
  /** The services whose clocks agree with each other. */
  readonly others: readonly string[];
  /** Two spans whose times contradict each other: one of another process, and one of this process. */
  readonly spans: readonly [Span, Span];
}

/**
 * Finds the processes whose clocks are wrong. A request cannot arrive before it is sent, and its response cannot be sent after it is received.
 * So each call limits how much the clocks of its two processes can differ. If zero is outside these limits, one of the two clocks is wrong:
 * the one that agrees with fewer others.
 */
export function clockSkews(trace: Trace): readonly ClockSkew[] {
  return readClocks(walk(tree(trace))).skews;
}

/** Corrects the times of the trace as if all clocks agreed. Also returns the clocks that did not. */
export function withoutSkew(trace: Trace): { readonly trace: Trace; readonly skews: readonly ClockSkew[] } {
  const { behind, skews } = readClocks(walk(tree(trace)));
  if (skews.length === 0) return { trace, skews };
  const moved = trace.spans.map((span) => shifted(span, behind.get(processOf(span)) ?? 0n));
  return { trace: { ...trace, spans: moved }, skews };
}

function shifted(span: Span, by: bigint): Span {
  if (by === 0n) return span;
  const end = span.end === 0n ? 0n : span.end + by;
  return { ...span, start: span.start + by, end, events: span.events.map((event) => ({ ...event, time: event.time + by })) };
}

/** Limits of what must be added to the clock of one process so that it agrees with another clock. */
interface Difference {
  readonly least: bigint;
  /** Undefined if only messages connect the two: a message can wait for any time. */
  readonly most: bigint | undefined;
  readonly spans: readonly [Span, Span];
}

interface Clock {
  readonly behind: bigint;
  /** Whether calls limit it from both sides, on the whole path from where the trace begins. */
  readonly exact: boolean;
  readonly spans: readonly [Span, Span] | undefined;
}

function readClocks(nodes: readonly SpanNode[]): { behind: ReadonlyMap<string, bigint>; skews: readonly ClockSkew[] } {
  const neighbours = differences(nodes);
  const none = { behind: new Map<string, bigint>(), skews: [] };
  if (![...neighbours.values()].some((of) => [...of.values()].some((one) => !isPossible(0n, one)))) return none;
  const clocks = new Map<string, Clock>();
  for (const first of neighbours.keys()) if (!clocks.has(first)) spread(first, neighbours, clocks);
  const reference = mostCommon([...clocks.values()].map(({ behind }) => behind));
  const names = new Map(nodes.map(({ span }) => [processOf(span), span.service]));
  const agreeing = new Set([...clocks].flatMap(([id, { behind }]) => (behind === reference ? [names.get(id) ?? ''] : [])));
  const off = [...clocks].filter(([, { behind }]) => behind !== reference);
  return {
    behind: new Map(off.map(([id, { behind }]) => [id, behind - reference])),
    skews: off.flatMap(([id, { behind, exact, spans }]): ClockSkew[] => {
      const evidence = spans ?? [...(neighbours.get(id)?.values() ?? [])].find((one) => !isPossible(0n, one))?.spans;
      const service = names.get(id) ?? '';
      return evidence ? [{ service, behind: behind - reference, exact, others: [...agreeing], spans: evidence }] : [];
    }),
  };
}

/** Walks from process to process. If a clock can agree with a known one, it is assumed to agree. */
function spread(first: string, neighbours: Neighbours, clocks: Map<string, Clock>): void {
  clocks.set(first, { behind: 0n, exact: true, spans: undefined });
  const queue = [first];
  for (const from of queue) {
    const { behind: known, exact } = clocks.get(from) as Clock;
    for (const [to, difference] of neighbours.get(from) ?? []) {
      if (clocks.has(to)) continue;
      const { least, most, spans } = difference;
      const candidates = [known, ...[...clocks.values()].map(({ behind }) => behind)];
      const guess = known + (most === undefined ? least : (least + most) / 2n);
      const behind = candidates.find((one) => isPossible(one - known, difference)) ?? guess;
      clocks.set(to, { behind, exact: exact && (most !== undefined || behind === known), spans });
      queue.push(to);
    }
  }
}

/** Whether two clocks can differ by this much. Limits that contradict each other have another cause than clocks, so they are ignored. */
function isPossible(behind: bigint, { least, most }: Difference): boolean {
  if (most !== undefined && least > most + CLOCK_TOLERANCE) return true;
  return behind >= least - CLOCK_TOLERANCE && (most === undefined || behind <= most + CLOCK_TOLERANCE);
}

type Neighbours = ReadonlyMap<string, ReadonlyMap<string, Difference>>;

/** The clock differences that calls and messages allow between each pair of processes, in both directions. */
function differences(nodes: readonly SpanNode[]): Neighbours {
  const found = new Map<string, Map<string, Difference>>();
  const add = (from: string, to: string, bounds: Difference): void => {
    const of = found.get(from) ?? new Map<string, Difference>();
    found.set(from, of.set(to, narrowed(of.get(to), bounds)));
  };
  for (const node of nodes) {
    const bounds = boundsOf(node);
    if (!bounds || !node.parent) continue;
    const [from, to] = [processOf(node.parent.span), processOf(node.span)];
    if (from === to) continue;
    add(from, to, bounds);
    // In the other direction, the upper limit becomes the lower one.
    if (bounds.most !== undefined) add(to, from, { least: -bounds.most, most: -bounds.least, spans: bounds.spans });
  }
  return found;
}

function narrowed(known: Difference | undefined, { least, most, spans }: Difference): Difference {
  if (!known) return { least, most, spans };
  const tighter = least > known.least ? least : known.least;
  const upper = most === undefined || (known.most !== undefined && known.most < most) ? known.most : most;
  const tells = size(least) > size(known.least) ? spans : known.spans;
  return { least: tighter, most: upper, spans: tells };
}

function boundsOf({ span, parent: above }: SpanNode): Difference | undefined {
  const parent = above?.span;
  if (!parent || span.end < span.start || parent.end < parent.start) return undefined;
  const least = parent.start - span.start;
  const spans = [parent, span] as const;
  if (parent.kind === 'PRODUCER' || span.kind === 'CONSUMER') return { least, most: undefined, spans };
  if (parent.kind !== 'CLIENT' || span.kind !== 'SERVER' || !answers(span, parent)) return undefined;
  // If the caller gave up, the server may have read the request later.
  if (parent.attributes['http.response.status_code'] === undefined) return { least, most: undefined, spans };
  return { least, most: parent.end - (endsBeforeItsAnswer(span) ? span.end : span.start), spans };
}

/** Whether a SERVER span ends before its response is sent. Only services with a manifest guarantee this; others may end the span later. */
export const endsBeforeItsAnswer = (server: Span): boolean => declaredSize(server) !== undefined;

/** Whether a SERVER span answered its parent CLIENT span, according to the response. A server that got a stale context did not. */
export function answers(server: Span, client: Span): boolean {
  const answered = client.attributes[PEER_SPAN];
  return answered === undefined ? client.attributes[PEER_TRACE] === undefined : answered === server.spanId;
}

const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** The most frequent value. If two are equally frequent, the first one wins: the clock of the process where the trace begins. */
function mostCommon(values: readonly bigint[]): bigint {
  const groups = [...Map.groupBy(values, (value) => value).values()];
  return groups.reduce((most, group) => (group.length > most.length ? group : most), groups[0] ?? [])[0] ?? 0n;
}
