import { declaredSize, processOf } from './settled.ts';
import type { SpanNode } from './tree.ts';

/**
 * Whether the parent does not wait for this span: it processes a message, or it is a detached task. A detached task is an INTERNAL span that
 * declares its own segment in its parent's process (docs/manifest.md). Links do not matter here.
 */
export function isAsynchronous({ span, parent }: SpanNode): boolean {
  if (!parent) return false;
  if (span.kind === 'CONSUMER' || parent.span.kind === 'PRODUCER') return true;
  return span.kind === 'INTERNAL' && declaredSize(span) !== undefined && processOf(span) === processOf(parent.span);
}
