import { attributeText } from '../attribute.ts';
import { formatDuration } from '../format-duration.ts';
import { duration } from '../trace.ts';
import type { Span } from '../trace.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule, Subject } from './finding.ts';
import { TOLERANCE } from './times.ts';

/** A CLIENT span and the SERVER span that answers it agree. */
export const calls: Rule = (subject) => {
  const traced = tracedAddresses(subject);
  return subject.nodes.flatMap((node) => [...client(node, traced), ...server(node)]);
};

function client({ span, children }: SpanNode, traced: ReadonlySet<string>): Finding[] {
  if (span.kind !== 'CLIENT') return [];
  const servers = children.map((child) => child.span).filter((child) => child.kind === 'SERVER');
  if (servers.length > 1) {
    const message = `${named(span)} was answered by ${servers.length} SERVER spans: ${servers.slice(0, 3).map(named).join(', ')}.`;
    return [
      note(
        'client-answered-twice',
        [span, ...servers],
        message,
        'Retries or redirects share one CLIENT span, or a server is instrumented twice.',
      ),
    ];
  }
  if (servers.length === 1 || !wasAnswered(span) || !addresses(span).some((address) => traced.has(address))) return [];
  const message = `${named(span)} got an answer from a service of this trace, but no SERVER span of it is here.`;
  return [
    error(
      'client-unanswered',
      [span],
      message,
      'The context was not sent or not read, so the server began a trace of its own; or its spans were lost.',
    ),
  ];
}

/** Only an answer that came proves that there was a server at work. */
const wasAnswered = (span: Span): boolean => span.attributes['http.response.status_code'] !== undefined;

/** The names under which other calls of this trace reached traced servers, and those servers' service names. */
function tracedAddresses({ nodes }: Subject): ReadonlySet<string> {
  const answered = nodes.filter(({ span, parent }) => span.kind === 'SERVER' && parent?.span.kind === 'CLIENT');
  return new Set([
    ...nodes.filter(({ span }) => span.kind === 'SERVER').map(({ span }) => span.service),
    ...answered.map(({ parent }) => address(parent?.span)).filter((known) => known !== undefined),
  ]);
}

/** Under what the called peer may be known: its host and port, or its host name alone, which is often its service name. */
function addresses(span: Span): readonly string[] {
  const full = address(span);
  return full === undefined ? [] : [full, attributeText(span.attributes['server.address'])];
}

function address(span: Span | undefined): string | undefined {
  const host = span?.attributes['server.address'];
  return host === undefined ? undefined : `${attributeText(host)}:${attributeText(span?.attributes['server.port'])}`;
}

function server({ span, parent: above }: SpanNode): Finding[] {
  const parent = above?.span;
  if (span.kind !== 'SERVER' || !parent) return [];
  if (parent.kind !== 'CLIENT') {
    const message = `${named(span)} is a SERVER below ${named(parent)}, which is ${parent.kind} and not CLIENT.`;
    return [
      note(
        'server-parent-kind',
        [span, parent],
        message,
        'The call itself is not instrumented, only what surrounds it; its network time is invisible.',
      ),
    ];
  }
  return outside(span, parent);
}

function outside(span: Span, parent: Span): Finding[] {
  const longer = duration(span) - duration(parent);
  const early = parent.start - span.start;
  // A caller that gave up does not wait for the end.
  const late = parent.status.code === 'ERROR' ? 0n : span.end - parent.end;
  if (early <= TOLERANCE && late <= TOLERANCE) return [];
  const message = `${named(span)} ${early > TOLERANCE ? `starts ${formatDuration(early)} before` : `ends ${formatDuration(late)} after`} its CLIENT ${named(parent)}`;
  const impossible = longer > TOLERANCE && late > 0n;
  const more = impossible ? `, and takes ${formatDuration(longer)} longer: negative network time.` : '.';
  const cause = impossible
    ? 'The server works on after it has answered, or the CLIENT span ends before the answer is read.'
    : 'The clocks of the two hosts differ by about that much.';
  return [error('server-outside-client', [span, parent], message + more, cause)];
}
