import { DROPPED_SPANS } from '@waymark/semantic-conventions';
import { attributeNumber } from './attribute.ts';
import { withoutSkew } from './clocks.ts';
import { criticalPath } from './critical-path.ts';
import { formatDuration } from './format-duration.ts';
import { peerOf } from './peer.ts';
import { requestOutcome, type RequestOutcome } from './request-outcome.ts';
import { settled, type Awaited } from './settled.ts';
import { clipped, counted } from './text.ts';
import type { Span, Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';
import type { Finding, FindingCode } from './verify/finding.ts';
import { verify } from './verify/verify.ts';

/** Whether all of a trace is here. */
export interface Completeness {
  /**
   * `waiting`: something is missing that may still come. `incomplete`: it should have come by now. `unknown`: a call got no answer, so
   * nobody knows what the called service did.
   */
  readonly state: 'complete' | 'waiting' | 'incomplete' | 'unknown';
  /** `manifest`: every service declares its number of spans. `structure`: some do not, so only a missing parent can be noticed. */
  readonly by: 'manifest' | 'structure';
  /** The state in words: `waiting for attempt 3 of fulfil_order, due in 7 s`. */
  readonly sentence: string;
  /** What should be here and may still come, one phrase each. */
  readonly missing: readonly string[];
  /** What will not come: attempts at a job whose process was killed. */
  readonly lost: readonly string[];
  /** Services that declare nothing. */
  readonly undeclared: readonly string[];
}

/** The answers to three questions about a trace, and one sentence that explains it. */
export interface Judgement {
  /** Is all of it here? */
  readonly completeness: Completeness;
  /** Did the work succeed? */
  readonly outcome: RequestOutcome;
  /** Is it sound? Missing spans are not findings: see `completeness`. */
  readonly findings: readonly Finding[];
  /** True if none of the findings is an error. */
  readonly sound: boolean;
  /** Why the request failed, or where it spent its time. */
  readonly explanation: string;
}

/**
 * Judges a trace: completeness, outcome and findings.
 * @param nowMs the current time in milliseconds since 1970. What is due later may still come; what was due earlier is missing.
 */
export function judge(trace: Trace, nowMs: number = Date.now()): Judgement {
  const all = verify(trace);
  if (all.some(({ code }) => code === 'not-judged')) return unjudged(all);
  const { trace: agreed } = withoutSkew(trace);
  const nodes = walk(tree(agreed));
  const dropped = droppedBy(trace);
  const completeness = dropped > 0 ? cutShort(trace, dropped) : completenessOf(agreed, nodes, nowMs);
  const findings = all.filter(({ code }) => !isExplained(code, completeness, dropped > 0));
  const outcome = requestOutcome(nodes);
  const explanation = explain(agreed, outcome, completeness);
  return { completeness, outcome, findings, sound: findings.every(({ severity }) => severity !== 'error'), explanation };
}

function unjudged(findings: readonly Finding[]): Judgement {
  const sentence = 'unknown: this is not a trace';
  const completeness = { state: 'unknown', by: 'structure', sentence, missing: [], lost: [], undeclared: [] } as const;
  return { completeness, outcome: { state: 'ok', sentence: '', attempts: 1 }, findings, sound: false, explanation: '' };
}

/** Findings that may disappear when the rest of the trace arrives. */
const UNTIL_COMPLETE: ReadonlySet<FindingCode> = new Set(['orphan', 'root-missing', 'message-unconsumed', 'message-lost']);

/** Findings that may be caused by spans that the backend dropped. */
const IF_CUT: ReadonlySet<FindingCode> = new Set([...UNTIL_COMPLETE, 'parent-outside', 'client-unanswered']);

const isExplained = (code: FindingCode, { state }: Completeness, cut: boolean): boolean =>
  cut ? IF_CUT.has(code) : state === 'waiting' && UNTIL_COMPLETE.has(code);

/** How many spans of the trace the backend says it dropped. */
const droppedBy = ({ spans }: Trace): number =>
  spans.reduce((sum, { attributes }) => sum + (attributeNumber(attributes[DROPPED_SPANS]) ?? 0), 0);

/** The backend dropped spans. Anything else that seems to be missing is no fault of the services, so it is not listed. */
function cutShort({ spans }: Trace, dropped: number): Completeness {
  const missing = `${counted(dropped, 'span')} dropped by the trace backend, which has a limit for one trace and kept the first ${spans.length}`;
  const sentence = `incomplete: ${missing}`;
  return { state: 'incomplete', by: 'structure', sentence, missing: [missing], lost: [], undeclared: [] };
}

function completenessOf(trace: Trace, nodes: readonly SpanNode[], nowMs: number): Completeness {
  const { awaited, lost: gone, undeclared, unknown } = settled(trace);
  const dead = gone.map(({ message }) => message);
  const quietMs = nowMs - lastEndMs(trace, nowMs);
  const due = Object.groupBy(awaited, (one) => (isLate(one, quietMs, nowMs) ? 'late' : 'waiting'));
  const late = [...dead, ...(due.late ?? []).map((one) => words(one, nowMs))];
  const waiting = (due.waiting ?? []).map((one) => words(one, nowMs));
  const ring = awaited.length === 0 && nodes.length > 0 && nodes.every(({ place }) => place === 'cycle' || place === 'child');
  const missing = [...awaited.map((one) => words(one, nowMs)), ...(ring ? ['the root of the trace'] : [])];
  const reported = new Set(nodes.flatMap(({ span, parent }) => (span.kind === 'SERVER' && parent ? [parent.span] : [])));
  const unheard = unknown.filter((span) => !reported.has(span));
  const by = undeclared.length > 0 || unheard.length > 0 ? 'structure' : 'manifest';
  const said = (state: Completeness['state'], sentence: string): Completeness => ({ state, by, sentence, missing, lost: dead, undeclared });
  const unanswered = `nobody knows what ${list(unheard.map(callOf))}`;
  // A killed process leaves spans whose parents were never exported.
  const isExplained = unheard.length > 0 && dead.length === 0 && (due.late ?? []).every(({ what }) => what === 'parent');
  if (late.length > 0 && isExplained)
    return said('unknown', `unknown: ${unanswered}; ${list(late)} ${late.length > 1 ? 'are' : 'is'} missing`);
  if (late.length > 0 || ring)
    return said('incomplete', `incomplete: ${list(late.length > 0 ? late : missing)} ${late.length > 1 ? 'are' : 'is'} missing`);
  if (waiting.length > 0) return said('waiting', `waiting for ${list(waiting)}${unheard.length > 0 ? `; ${unanswered}` : ''}`);
  if (unheard.length > 0) return said('unknown', `unknown: ${unanswered}`);
  const names = undeclared.map(clipped).join(', ');
  const hedge = `, as far as its structure shows: ${names} ${undeclared.length > 1 ? 'do' : 'does'} not declare how many spans belong to it`;
  return said('complete', undeclared.length > 0 ? `complete${hedge}` : 'complete');
}

/** `order did with gateway `POST /orders`, which got no answer`. */
const callOf = (span: Span): string => `${peerOf(span)} did with ${clipped(span.service)} \`${clipped(span.name)}\`, which got no answer`;

function list(items: readonly string[]): string {
  const shown = items.slice(0, 3).join('; ');
  return items.length > 3 ? `${shown}; and ${items.length - 3} more` : shown;
}

/** Exporters deliver every few seconds. */
const EXPORT_MS = 10_000;
/** How long after its due time a retry may begin, and how long a message may wait for a consumer. */
const RETRY_MS = 15_000;
const MESSAGE_MS = 3_600_000;
/** For a retry without a known due time. */
const LONGEST_RETRY_MS = 120_000;

/** Whether it should have come by now. `quietMs` is the time since the last span ended. */
function isLate({ what, dueMs }: Awaited, quietMs: number, nowMs: number): boolean {
  if (dueMs !== undefined) return nowMs > dueMs + RETRY_MS;
  return quietMs > (what === 'consumer' ? MESSAGE_MS : what === 'attempt' ? LONGEST_RETRY_MS : EXPORT_MS);
}

/** When the last span ended. A time in the future comes from a clock that is ahead, and counts as long ago. */
function lastEndMs({ spans }: Trace, nowMs: number): number {
  const end = spans.reduce((last, span) => (span.end > last ? span.end : last), 0n);
  const endMs = Number(end / 1_000_000n);
  return endMs > nowMs + EXPORT_MS ? 0 : endMs;
}

function words({ message, dueMs }: Awaited, nowMs: number): string {
  if (dueMs === undefined) return message;
  const left = dueMs - nowMs;
  const time = formatDuration(BigInt(Math.max(1, Math.round(Math.abs(left) / 1000))) * 1_000_000_000n).replace(/\.\d+/, '');
  return `${message}${left >= 0 ? `, due in ${time}` : ` (due ${time} ago)`}`;
}

/** Why the request failed, or else which spans have the largest share of the critical path. */
function explain(trace: Trace, outcome: RequestOutcome, { state, sentence }: Completeness): string {
  if (outcome.state === 'failed') return `Failed: ${outcome.sentence}.`;
  if (outcome.state === 'retrying') return `Not done yet: ${outcome.sentence}${state === 'complete' ? '' : `; ${sentence}`}.`;
  const path = criticalPath(trace);
  const [first, last] = [path[0], path.at(-1)];
  if (!first || !last) return '';
  const whole = last.end - first.start;
  const groups = Map.groupBy(path, ({ span }) => `${span.service}\u0000${span.name}`);
  const shares = [...groups.values()].map((sections) => ({
    span: first.span,
    ...sections[0],
    spans: new Set(sections.map(({ span }) => span)).size,
    time: sections.reduce((sum, { start, end }) => sum + end - start, 0n),
  }));
  const most = shares.reduce((a, b) => (b.time > a.time ? b : a));
  const share = whole > 0n ? Number((most.time * 100n + whole / 2n) / whole) : 100;
  const where = `${clipped(most.span.service)} \`${clipped(most.span.name)}\`${most.spans > 1 ? ` (${counted(most.spans, 'span')})` : ''}`;
  return `${share} % of ${formatDuration(whole)} went to ${where}.`;
}
