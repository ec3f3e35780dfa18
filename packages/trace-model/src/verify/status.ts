import { attributeNumber } from '../attribute.ts';
import type { Span } from '../trace.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** A span's status agrees with what else it says, and an error is not lost on the way up. */
export const status: Rule = ({ nodes }) => nodes.flatMap((node) => [...contradicted(node.span), ...hidden(node)]);

/** HTTP semantic conventions: 5xx is an error for both sides, 4xx only for the client. */
function contradicted(span: Span): Finding[] {
  const code = httpStatus(span);
  const failed = span.status.code === 'ERROR';
  const least = span.kind === 'SERVER' ? 500 : span.kind === 'CLIENT' ? 400 : Number.POSITIVE_INFINITY;
  if (code < least || failed) return [];
  const message = `${named(span)} has HTTP status ${code}, but its status is ${span.status.code} and not ERROR.`;
  return [error('status-contradicted', [span], message, 'The instrumentation does not set the status, or something set it to OK.')];
}

/** Only the topmost failed span of a branch is named; those below it are its causes. */
function hidden(node: SpanNode): Finding[] {
  const above = callers(node);
  if (node.span.status.code !== 'ERROR' || above.length === 0 || above.some(showsFailure)) return [];
  const message = `${named(node.span)} failed, and no span above it shows a sign of it.`;
  return [note('error-hidden', [node.span], message, 'Somebody handled the error: a retry, a fallback, or a catch that hides it.')];
}

/** The spans that wait for this one: those above it as far as the next message. */
function callers(node: SpanNode): readonly Span[] {
  const found: Span[] = [];
  for (let here = node; here.parent && here.span.kind !== 'CONSUMER' && here.parent.span.kind !== 'PRODUCER'; here = here.parent) {
    found.push(here.parent.span);
  }
  return found;
}

const showsFailure = (span: Span): boolean =>
  span.status.code === 'ERROR' ||
  span.attributes['error.type'] !== undefined ||
  httpStatus(span) >= 400 ||
  span.events.some((event) => event.name === 'exception');

const httpStatus = (span: Span): number => attributeNumber(span.attributes['http.response.status_code']) ?? 0;
