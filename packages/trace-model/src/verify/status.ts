import { attributeNumber } from '../attribute.ts';
import type { Span } from '../trace.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** The status of a span agrees with its attributes, and the spans above show its error. */
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
 * Reports only the topmost failed span of a branch; the failed spans below it are its causes. `shown` collects the nodes with a visible failure
 * above them. A node inherits this from its caller, which is visited first.
 */
function hidden(node: SpanNode, shown: Set<SpanNode>): Finding[] {
  const above = caller(node);
  if (above && (showsFailure(above.span) || shown.has(above))) shown.add(node);
  if (node.span.status.code !== 'ERROR' || !above || shown.has(node)) return [];
  const message = `${named(node.span)} failed, but no span above it shows the error.`;
  return [note('error-hidden', [node.span], message, 'The error was handled: by a retry, a fallback, or a catch that hides it.')];
}

/** The node that waits for this one: its parent, unless there is a message between them. */
const caller = ({ span, parent }: SpanNode): SpanNode | undefined =>
  span.kind === 'CONSUMER' || parent?.span.kind === 'PRODUCER' ? undefined : parent;

const showsFailure = (span: Span): boolean =>
  span.status.code === 'ERROR' ||
  span.attributes['error.type'] !== undefined ||
  httpStatus(span) >= 400 ||
  span.events.some((event) => event.name === 'exception');

const httpStatus = (span: Span): number => attributeNumber(span.attributes['http.response.status_code']) ?? 0;
