import { attributeNumber } from '../attribute.ts';
import type { Span } from '../trace.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** A span's status agrees with what else it says, and an error is not lost on the way up. */
export const status: Rule = ({ nodes }) => {
  const shown = new Set<SpanNode>();
  return nodes.flatMap((node) => [...contradicted(node.span), ...hidden(node, shown)]);
};

/** HTTP semantic conventions: 5xx is an error for both sides, 4xx only for the client. */
function contradicted(span: Span): Finding[] {
  const code = httpStatus(span);
  const failed = span.status.code === 'ERROR';
  const least = span.kind === 'SERVER' ? 500 : span.kind === 'CLIENT' ? 400 : Number.POSITIVE_INFINITY;
  if (code < least || failed) return [];
  const message = `${named(span)} has HTTP status ${code}, but its status is ${span.status.code} and not ERROR.`;
  return [error('status-contradicted', [span], message, 'The instrumentation does not set the status, or something set it to OK.')];
}

/**
 * Only the topmost failed span of a branch is named; those below it are its causes. `shown` collects the nodes above which a failure shows;
 * a node inherits it from its caller, which comes before it.
 */
function hidden(node: SpanNode, shown: Set<SpanNode>): Finding[] {
  const above = caller(node);
  if (above && (showsFailure(above.span) || shown.has(above))) shown.add(node);
  if (node.span.status.code !== 'ERROR' || !above || shown.has(node)) return [];
  const message = `${named(node.span)} failed, and no span above it shows a sign of it.`;
  return [note('error-hidden', [node.span], message, 'Somebody handled the error: a retry, a fallback, or a catch that hides it.')];
}

/** The node that waits for this one: the one above it, unless a message is between the two. */
const caller = ({ span, parent }: SpanNode): SpanNode | undefined =>
  span.kind === 'CONSUMER' || parent?.span.kind === 'PRODUCER' ? undefined : parent;

const showsFailure = (span: Span): boolean =>
  span.status.code === 'ERROR' ||
  span.attributes['error.type'] !== undefined ||
  httpStatus(span) >= 400 ||
  span.events.some((event) => event.name === 'exception');

const httpStatus = (span: Span): number => attributeNumber(span.attributes['http.response.status_code']) ?? 0;
