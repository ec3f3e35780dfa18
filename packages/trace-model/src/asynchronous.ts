import { declaredSize, processOf } from './settled.ts';
import type { SpanNode } from './tree.ts';

/**
 * Whether nobody waits for this span, by what the trace itself says: it processes a message, or it is a detached task, which declares a
 * segment of its own inside its parent's process (docs/manifest.md). A link says nothing about that.
 */
export function isAsynchronous({ span, parent }: SpanNode): boolean {
  if (!parent) return false;
  if (span.kind === 'CONSUMER' || parent.span.kind === 'PRODUCER') return true;
  return span.kind === 'INTERNAL' && declaredSize(span) !== undefined && processOf(span) === processOf(parent.span);
}
