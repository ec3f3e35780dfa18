import { databaseOf } from './database.ts';
import { spread } from './spread.ts';
import type { Spread } from './spread.ts';
import { duration } from './trace.ts';
import type { Span, Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** How a service depends on something: it calls a service, sends messages to it, or queries a database. */
export type DependencyKind = 'call' | 'message' | 'database';

/** An edge of the dependency graph. */
export interface Dependency {
  readonly from: string;
  /** A service, or the system and name of a database: `postgresql/order`. */
  readonly to: string;
  readonly kind: DependencyKind;
  /** Calls or queries. For messages, how many were sent and consumed; attempts at the same message count once. */
  readonly calls: number;
  /** Failed calls, or messages whose last attempt failed. */
  readonly errors: number;
  /** For a call, the duration that the caller saw. For a message, the time between sending and the first attempt. In nanoseconds. */
  readonly latency: Spread;
}

/** A single call, query or message. */
interface Step {
  readonly from: Span;
  readonly to: string;
  readonly kind: DependencyKind;
  readonly error: boolean;
  readonly latency: bigint;
}

/**
 * The dependencies that these traces show: from a service to the services of child spans, from producers to their consumers (children or
 * linked), and to databases. The most frequent come first. Messages that a service sends to itself, its own jobs, come last.
 */
export function dependencies(traces: readonly Trace[]): readonly Dependency[] {
  const nodes = traces.flatMap((trace) => walk(tree(trace)));
  const producers = new Map(nodes.filter(({ span }) => span.kind === 'PRODUCER').map(({ span }) => [key(span), span]));
  const steps = messagesOnce(nodes.flatMap((node) => stepsTo(node, producers)));
  const edges = Map.groupBy(steps, ({ from, to, kind }) => [kind, from.service, to].join('\u0000'));
  return [...edges.values()].map(edge).sort((a, b) => Number(isOwnJob(a)) - Number(isOwnJob(b)) || b.calls - a.calls);
}

/** Whether the edge is messages that a service sends to itself. */
export const isOwnJob = ({ from, to, kind }: Dependency): boolean => kind === 'message' && from === to;

/** Merges the attempts at a message into one step: the first decides its latency, the last whether it failed. */
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
