import { JOB_ATTEMPT, NEXT_ATTEMPT, PEER_SERVICE, PROBLEM_CODE } from '@waymark/semantic-conventions';
import { attributeNumber, attributeText } from './attribute.ts';
import { isAsynchronous } from './asynchronous.ts';
import { databaseOf } from './database.ts';
import { jobOf } from './settled.ts';
import { addressOf, peerOf } from './peer.ts';
import { clipped, counted } from './text.ts';
import type { Span } from './trace.ts';
import type { SpanNode } from './tree.ts';

/** Whether the work of a trace succeeded. It can be known before all spans are here. */
export interface RequestOutcome {
  /** `retrying`: an attempt at a job failed, and another one is due. */
  readonly state: 'ok' | 'failed' | 'retrying';
  /** The first cause of the failure, with service, span, `error.type` and message. Empty for `ok`. */
  readonly sentence: string;
  /** The span that failed first. */
  readonly span?: Span;
  /** The number of attempts at the call that failed. */
  readonly attempts: number;
}

const OK: RequestOutcome = { state: 'ok', sentence: '', attempts: 1 };

/**
 * The outcome of the request, its jobs (by their last attempts) and its detached tasks. An error that was handled by a retry or a fallback is
 * not a failure. A root that answers with 4xx is not a failure either.
 */
export function requestOutcome(nodes: readonly SpanNode[]): RequestOutcome {
  const failed = decisive(nodes).filter(({ span }) => span.status.code === 'ERROR' || httpStatus(span) >= 500);
  const final = failed.find(({ span }) => !isRetried(span));
  const chosen = final ?? failed[0];
  if (!chosen) return OK;
  const cause = firstCause(chosen);
  const alike = nodes.filter(({ span }) => showsFailure(span) && likeness(span) === likeness(cause.span)).length;
  const attempts = cause.span.kind === 'CLIENT' ? Math.max(1, alike) : 1;
  const words = describe(cause, servicesByAddress(nodes)) + (attempts > 1 ? `, ${counted(attempts, 'attempt')}` : '');
  const attempt = attributeNumber(chosen.span.attributes[JOB_ATTEMPT]);
  const whose = attempt === undefined ? '' : `attempt ${attempt} of ${jobOf(chosen.span)}: `;
  return { state: final ? 'failed' : 'retrying', sentence: whose + words, span: cause.span, attempts };
}

/** The spans that decide the outcome: the top spans, the detached tasks, and the last attempt at each message. */
function decisive(nodes: readonly SpanNode[]): readonly SpanNode[] {
  const last = new Map<string, SpanNode>();
  const others: SpanNode[] = [];
  for (const node of nodes) {
    if (node.parent && !isAsynchronous(node)) continue;
    const message = node.span.kind === 'CONSUMER' ? node.span.attributes['messaging.message.id'] : undefined;
    if (message === undefined) {
      others.push(node);
      continue;
    }
    const key = attributeText(message);
    const before = last.get(key);
    if (!before || attemptOf(before.span) <= attemptOf(node.span)) last.set(key, node);
  }
  return [...others, ...last.values()];
}

const attemptOf = (span: Span): number => attributeNumber(span.attributes[JOB_ATTEMPT]) ?? 1;
const isRetried = (span: Span): boolean => attributeNumber(span.attributes[NEXT_ATTEMPT]) !== undefined;
const httpStatus = (span: Span): number => attributeNumber(span.attributes['http.response.status_code']) ?? 0;
const showsFailure = (span: Span): boolean => span.status.code === 'ERROR' || httpStatus(span) >= 400;

/** These errors are mistakes in the program. A call that failed before one of them is not its cause. */
const MISTAKES = /^(TypeError|ReferenceError|RangeError|SyntaxError|AssertionError)$/;

/** Follows a failure down to its first cause: at each span, to the failed child with the same message, or else to the last failed child. */
function firstCause(from: SpanNode): SpanNode {
  let node = from;
  for (;;) {
    const gotNoAnswer = node.span.kind === 'CLIENT' && httpStatus(node.span) === 0;
    // If the caller gave up, the server's own error is a consequence. The calls that the server was waiting for may be the cause.
    const failed = failedBelow(node).flatMap((child) => (gotNoAnswer && child.span.kind === 'SERVER' ? failedBelow(child) : [child]));
    const same = failed.findLast(({ span }) => messageOf(span) !== '' && messageOf(span) === messageOf(node.span));
    const next = same ?? failed.reduce<SpanNode | undefined>((last, one) => (last && last.span.end > one.span.end ? last : one), undefined);
    if (!next || (!same && exceptionOf(node.span) && MISTAKES.test(typeOf(node.span)))) return node;
    // Of several attempts at a call, the first one shows how the failure began.
    node = failed.find(({ span }) => likeness(span) === likeness(next.span)) ?? next;
  }
}

const failedBelow = ({ children }: SpanNode): readonly SpanNode[] =>
  children.filter((child) => showsFailure(child.span) && !isAsynchronous(child));

/** Equal for two attempts at the same call. */
const likeness = (span: Span): string => [span.service, span.kind, span.name, peerOf(span)].join('\u0000');

const exceptionOf = (span: Span): Span['events'][number] | undefined => span.events.find(({ name }) => name === 'exception');

const typeOf = (span: Span): string =>
  attributeText(span.attributes['error.type'] ?? exceptionOf(span)?.attributes['exception.type'] ?? '');
const messageOf = (span: Span): string => span.status.message || attributeText(exceptionOf(span)?.attributes['exception.message'] ?? '');

/** With these errors, no connection was made. */
const UNREACHED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ConnectTimeoutError)$/;

function describe({ span }: SpanNode, services: ReadonlyMap<string, string>): string {
  const [service, name, status] = [clipped(span.service), `\`${clipped(span.name)}\``, httpStatus(span)];
  const type = typeOf(span) === String(status) ? '' : typeOf(span);
  const problem = attributeText(span.attributes[PROBLEM_CODE] ?? '');
  const reasons = [type, problem === type ? '' : problem, messageOf(span)].filter(Boolean).map(clipped);
  const why = reasons.length > 0 ? ` (${reasons.join(': ')})` : '';
  if (span.kind === 'SERVER' && status > 0) return `${service} answered ${name} with ${status}${why}`;
  if (span.kind !== 'CLIENT' || databaseOf(span) !== undefined) return `${service} ${name} failed${why}`;
  const known = span.attributes[PEER_SERVICE] === undefined ? services.get(addressOf(span) ?? '') : undefined;
  const peer = known ?? peerOf(span);
  if (status > 0) return `${peer} answered ${service} ${name} with ${status}${why}`;
  // The error code is enough: the message only repeats the address.
  return UNREACHED.test(type)
    ? `${service} could not reach ${peer} (${clipped(type)})`
    : `${service} ${name} got no answer from ${peer}${why}`;
}

/** The services that answered other calls of the trace, by address. */
function servicesByAddress(nodes: readonly SpanNode[]): ReadonlyMap<string, string> {
  const answered = nodes.filter(({ span, parent }) => span.kind === 'SERVER' && parent?.span.kind === 'CLIENT');
  return new Map(answered.map(({ span, parent }) => [addressOf((parent as SpanNode).span) ?? '', clipped(span.service)]));
}
