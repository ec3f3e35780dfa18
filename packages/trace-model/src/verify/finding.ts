import type { ClockSkew } from '../clocks.ts';
import { clipped } from '../text.ts';
import type { Span } from '../trace.ts';
import type { SpanNode, Tree } from '../tree.ts';
import type { Trace } from '../trace.ts';

/** The codes of all findings. Existing codes keep their meaning; new ones may be added. */
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

/** The stable code of a finding. */
export type FindingCode = (typeof FINDING_CODES)[number];

/** A finding of `verify`. */
export interface Finding {
  readonly code: FindingCode;
  /** An `error` means that the trace is broken or wrong. A `note` is something that a reader should know. */
  readonly severity: 'error' | 'note';
  /** One sentence, with service and span. */
  readonly message: string;
  /** The most likely cause, as a sentence. */
  readonly cause: string;
  /** The spans it is about. */
  readonly spanIds: readonly string[];
}

/** The input of the rules: a trace with corrected clocks. */
export interface Subject {
  readonly trace: Trace;
  readonly skews: readonly ClockSkew[];
  readonly tree: Tree;
  /** All nodes of the tree, parents before children. */
  readonly nodes: readonly SpanNode[];
}

/** A rule of `verify`. */
export type Rule = (subject: Subject) => readonly Finding[];

export const error = (code: FindingCode, spans: readonly Span[], message: string, cause: string): Finding => ({
  code,
  severity: 'error',
  message,
  cause,
  spanIds: spans.map((span) => span.spanId),
});

export const note = (...finding: Parameters<typeof error>): Finding => ({ ...error(...finding), severity: 'note' });

/** Names a span in a sentence: `order "POST /orders" (c000000000000001)`. */
export const named = ({ service, name, spanId }: Span): string => `${clipped(service)} "${clipped(name)}" (${clipped(spanId) || 'no id'})`;
