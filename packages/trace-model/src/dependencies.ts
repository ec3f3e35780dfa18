import { databaseOf } from './database.ts';
import { spread } from './spread.ts';
import type { Spread } from './spread.ts';
import { duration } from './trace.ts';
import type { Span, Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** How one service depends on another: it calls it, sends it messages, or calls a database, which leaves no spans of its own. */
export type DependencyKind = 'call' | 'message' | 'database';

/** An edge of the dependency graph. */
export interface Dependency {
  readonly from: string;
  /** A service, or for a database its system and name: `postgresql/order`. */
  readonly to: string;
  readonly kind: DependencyKind;
  /** Of messages, how many were sent and consumed, however often each was tried. */
  readonly calls: number;
  /** Failed calls; messages whose last attempt failed. */
  readonly errors: number;
  /** Of a call, as the caller saw it; of a message, from the end of its sending to the start of its first processing. Nanoseconds. */
  readonly latency: Spread;
}

/** One step from a service to another. */
interface Step {
  readonly from: Span;
  readonly to: string;
  readonly kind: DependencyKind;
  readonly error: boolean;
  readonly latency: bigint;
}

/**
 * Who depends on whom in these traces: parents and children of different services, producers and the consumers below or linked to them, and
 * databases. Most calls first; what a service sends to itself, its own jobs, comes last.
 */
export function dependencies(traces: readonly Trace[]): readonly Dependency[] {
  const nodes = traces.flatMap((trace) => walk(tree(trace)));
  const producers = new Map(nodes.filter(({ span }) => span.kind === 'PRODUCER').map(({ span }) => [key(span), span]));
  const steps = messagesOnce(nodes.flatMap((node) => stepsTo(node, producers)));
  const edges = Map.groupBy(steps, ({ from, to, kind }) => [kind, from.service, to].join('\u0000'));
  return [...edges.values()].map(edge).sort((a, b) => Number(isOwnJob(a)) - Number(isOwnJob(b)) || b.calls - a.calls);
}

/** Whether an edge stands for the messages that a service sends to itself. */
export const isOwnJob = ({ from, to, kind }: Dependency): boolean => kind === 'message' && from === to;

/** The attempts at a message as one step: it waited for the first, and it failed if the last did. */
function messagesOnce(steps: readonly Step[]): readonly Step[] {
  const attempts = Map.groupBy(
    steps.filter(({ kind }) => kind === 'message'),
    ({ from, to }) => `${key(from)} ${to}`,
  );
  const messages = [...attempts.values()].map((all): Step => {
    const inOrder = all.toSorted((a, b) => Number(a.latency - b.latency));
    return { ...(inOrder[0] as Step), error: inOrder.at(-1)?.error ?? false };
  });
  return [...steps.filter(({ kind }) => kind !== 'message'), ...messages];
}

function stepsTo({ span, parent }: SpanNode, producers: ReadonlyMap<string, Span>): Step[] {
  const error = span.status.code === 'ERROR';
  const database = databaseOf(span);
  if (database !== undefined) return [{ from: span, to: database, kind: 'database', error, latency: duration(span) }];
  if (span.kind === 'CONSUMER') {
    const above = parent?.span.kind === 'PRODUCER' ? [parent.span] : [];
    const senders = new Set([...above, ...span.links.map((link) => producers.get(key(link))).filter((sender) => sender !== undefined)]);
    if (senders.size > 0)
      return [...senders].map((from) => ({ from, to: span.service, kind: 'message', error, latency: waited(from, span) }));
  }
  if (!parent || parent.span.service === span.service) return [];
  const call = parent.span.kind === 'CLIENT' ? parent.span : span;
  return [{ from: parent.span, to: span.service, kind: 'call', error: error || call.status.code === 'ERROR', latency: duration(call) }];
}

function edge(steps: readonly Step[]): Dependency {
  const [{ from, to, kind }] = steps as readonly [Step];
  const errors = steps.filter(({ error }) => error).length;
  return { from: from.service, to, kind, calls: steps.length, errors, latency: spread(steps.map(({ latency }) => latency)) };
}

const key = ({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): string => `${traceId}/${spanId}`;
const waited = (sender: Span, receiver: Span): bigint => (receiver.start > sender.end ? receiver.start - sender.end : 0n);
