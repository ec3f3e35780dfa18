import type { ClockSkew } from '../clocks.ts';
import { clipped } from '../text.ts';
import type { Span } from '../trace.ts';
import type { SpanNode, Tree } from '../tree.ts';
import type { Trace } from '../trace.ts';

/** What `verify` can find. A code keeps its meaning; new ones may come. */
export const FINDING_CODES = [
  'trace-id-malformed',
  'trace-id-mixed',
  'span-id-malformed',
  'span-id-duplicate',
  'span-delivered-twice',
  'root-missing',
  'root-several',
  'root-client',
  'parent-outside',
  'orphan',
  'cycle',
  'not-ended',
  'ends-before-start',
  'child-outside-parent',
  'async-too-early',
  'clock-skew',
  'server-outside-client',
  'server-parent-kind',
  'client-unanswered',
  'context-lost',
  'server-untraced',
  'caller-missing',
  'client-answered-twice',
  'message-lost',
  'message-unconsumed',
  'message-unproduced',
  'message-mismatch',
  'segment-outlived',
  'error-hidden',
  'status-contradicted',
  'service-unnamed',
  'attribute-missing',
  'attribute-retired',
  'secret',
  'data-dropped',
  'not-judged',
] as const;

/** The stable name of a kind of finding. */
export type FindingCode = (typeof FINDING_CODES)[number];

/** Something `verify` found. */
export interface Finding {
  readonly code: FindingCode;
  /** An `error` means that the trace is broken or says something untrue; a `note`, that a reader should know. */
  readonly severity: 'error' | 'note';
  /** One sentence that names service and span. */
  readonly message: string;
  /** What most likely brought it about, as a sentence. */
  readonly cause: string;
  /** The spans it is about. */
  readonly spanIds: readonly string[];
}

/** What the rules look at: a trace whose clocks agree, because what they differ by was taken out. */
export interface Subject {
  readonly trace: Trace;
  readonly skews: readonly ClockSkew[];
  readonly tree: Tree;
  /** Every span in its place, parents before children. */
  readonly nodes: readonly SpanNode[];
}

/** One rule of integrity. */
export type Rule = (subject: Subject) => readonly Finding[];

export const error = (code: FindingCode, spans: readonly Span[], message: string, cause: string): Finding => ({
  code,
  severity: 'error',
  message,
  cause,
  spanIds: spans.map((span) => span.spanId),
});

export const note = (...finding: Parameters<typeof error>): Finding => ({ ...error(...finding), severity: 'note' });

/** A span as sentences name it: `order "POST /orders" (c000000000000001)`. */
export const named = ({ service, name, spanId }: Span): string => `${clipped(service)} "${clipped(name)}" (${clipped(spanId) || 'no id'})`;
