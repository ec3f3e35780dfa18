import { ENTRY, PEER_SERVICE, PEER_SPAN, PEER_TRACE, PEER_UNSAMPLED } from '@waymark/semantic-conventions';
import { attributeText } from '../attribute.ts';
import { answers, CLOCK_TOLERANCE, endsBeforeItsAnswer } from '../clocks.ts';
import { formatDuration } from '../format-duration.ts';
import { peerOf } from '../peer.ts';
import { clipped } from '../text.ts';
import { duration } from '../trace.ts';
import type { Span } from '../trace.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule, Subject } from './finding.ts';

/** Each CLIENT span has one matching SERVER span, and their times and contexts agree. */
export const calls: Rule = (subject) => {
  const traced = tracedAddresses(subject);
  return subject.nodes.flatMap((node) => [...client(node, traced), ...server(node)]);
};

function client({ span, children }: SpanNode, traced: ReadonlySet<string>): Finding[] {
  if (span.kind !== 'CLIENT') return [];
  const servers = children.map((child) => child.span).filter((child) => child.kind === 'SERVER');
  if (servers.length > 1) {
    const message = `${named(span)} was answered by ${servers.length} SERVER spans: ${servers.slice(0, 3).map(named).join(', ')}.`;
    const cause = 'Retries or redirects share one CLIENT span, or a server is instrumented twice.';
    return [note('client-answered-twice', [span, ...servers], message, cause)];
  }
  if (!wasAnswered(span) || span.attributes[PEER_SPAN] !== undefined) return [];
  // If the response names another trace, a SERVER span below this one got its context by mistake and is not the answer.
  return servers.length === 1 && span.attributes[PEER_TRACE] === undefined ? [] : unanswered(span, traced);
}

/** The call was answered, but its SERVER span is missing, and the response did not name one. */
function unanswered(span: Span, traced: ReadonlySet<string>): Finding[] {
  const peer = peerOf(span);
  const known = span.attributes[PEER_SERVICE] !== undefined || addresses(span).some((address) => traced.has(address));
  const other = span.attributes[PEER_TRACE];
  if (other !== undefined) {
    const message = `${named(span)} called ${peer}, which answered in another trace (${clipped(attributeText(other))}): traceparent was lost on the way.`;
    return known
      ? [error('context-lost', [span], message, 'The client sends no traceparent or sends it twice, or a proxy drops it.')]
      : [
          note(
            'context-lost',
            [span],
            message,
            'Fine if that service is an entry, which starts its own traces. Otherwise a client or proxy drops the header.',
          ),
        ];
  }
  const status = attributeText(span.attributes['http.response.status_code']);
  if (span.attributes[PEER_UNSAMPLED] === true) {
    const message = `${peer} answered ${named(span)} with ${status} and did not record it: its sampler dropped this trace.`;
    return [error('server-untraced', [span], message, 'Services that sample on their own break traces. Use a parent-based sampler.')];
  }
  if (!known) return [];
  if (span.attributes[PEER_SERVICE] !== undefined) {
    const message = `${peer} answered ${named(span)} with ${status} and left no span: is its tracing middleware missing?`;
    const cause = 'The response of a traced service names its SERVER span in traceresponse. This response did not.';
    // A proxy answers with these if it cannot reach the service.
    return [(/^50[234]$/.test(status) ? note : error)('server-untraced', [span], message, cause)];
  }
  const message = `${named(span)} got an answer from a service of this trace, but no SERVER span of it is here.`;
  const cause = 'The context was not sent or not read, so the server started its own trace; or its spans were lost.';
  return [error('client-unanswered', [span], message, cause)];
}

/** Only a response proves that a server handled the call. */
const wasAnswered = (span: Span): boolean => span.attributes['http.response.status_code'] !== undefined;

/** The addresses at which other calls of this trace reached traced servers, and the service names of these servers. */
function tracedAddresses({ nodes }: Subject): ReadonlySet<string> {
  const answered = nodes.filter(({ span, parent }) => span.kind === 'SERVER' && parent?.span.kind === 'CLIENT');
  return new Set([
    ...nodes.filter(({ span }) => span.kind === 'SERVER').map(({ span }) => span.service),
    ...answered.map(({ parent }) => address(parent?.span)).filter((known) => known !== undefined),
  ]);
}

/** The names of the called peer: its host and port, and its host name alone, which is often the service name. */
function addresses(span: Span): readonly string[] {
  const full = address(span);
  return full === undefined ? [] : [full, attributeText(span.attributes['server.address'])];
}

function address(span: Span | undefined): string | undefined {
  const host = span?.attributes['server.address'];
  return host === undefined ? undefined : `${attributeText(host)}:${attributeText(span?.attributes['server.port'])}`;
}

function server({ span, parent: above, place }: SpanNode): Finding[] {
  const parent = above?.span;
  if (span.kind !== 'SERVER') return [];
  if (place === 'root' && span.attributes[ENTRY] === false) {
    const message = `${named(span)} begins this trace, but ${clipped(span.service)} is not an entry: its caller did not send traceparent.`;
    return [
      error('caller-missing', [span], message, 'The caller uses a client without the tracing interceptor, or a proxy drops the header.'),
    ];
  }
  if (!parent) return [];
  if (parent.kind !== 'CLIENT') {
    const message = `${named(span)} is a SERVER below ${named(parent)}, which is ${parent.kind} and not CLIENT.`;
    const cause = 'The call itself is not instrumented, only what surrounds it; its network time is invisible.';
    return [note('server-parent-kind', [span, parent], message, cause)];
  }
  return answers(span, parent) ? outside(span, parent) : [];
}

/** Clocks have been corrected before, so a SERVER span that is still outside its CLIENT span is wrong. */
function outside(span: Span, parent: Span): Finding[] {
  const early = parent.start - span.start;
  // If the caller gave up, the server may end later.
  const late = parent.status.code === 'ERROR' || !endsBeforeItsAnswer(span) ? 0n : span.end - parent.end;
  if (early <= CLOCK_TOLERANCE && late <= CLOCK_TOLERANCE) return [];
  const longer = duration(span) - duration(parent);
  const how = early > CLOCK_TOLERANCE ? `starts ${formatDuration(early)} before` : `ends ${formatDuration(late)} after`;
  const more = longer > CLOCK_TOLERANCE ? `, and takes ${formatDuration(longer)} longer` : '';
  const cause =
    longer > CLOCK_TOLERANCE
      ? 'The server continues to work after its response, or the CLIENT span ends before the response is read.'
      : 'The clock of a host was changed during the request, or the server got the context of another call.';
  return [error('server-outside-client', [span, parent], `${named(span)} ${how} its CLIENT ${named(parent)}${more}.`, cause)];
}
