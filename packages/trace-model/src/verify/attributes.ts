import { TRUNCATED } from '@waymark/semantic-conventions';
import { attributeText, isArray } from '../attribute.ts';
import type { Attributes, AttributeValue } from '../attribute.ts';
import { declaringProcesses, processOf } from '../settled.ts';
import { clipped } from '../text.ts';
import type { Span } from '../trace.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** Spans have the attributes that the semantic conventions require, under their current names, and no data was dropped. */
export const attributes: Rule = ({ trace: { spans } }) => {
  const declaring = declaringProcesses(spans);
  return [...unnamed(spans), ...spans.flatMap((span) => required(span, declaring)), ...dropped(spans), ...truncated(spans)];
};

function required(span: Span, declaring: ReadonlySet<string>): Finding[] {
  const required = requiredOf(span);
  const absent = required.filter((name) => span.attributes[name] === undefined);
  const former = (name: string): string | undefined => RETIRED[name]?.find((old) => span.attributes[old] !== undefined);
  const missing = absent.filter((name) => former(name) === undefined);
  const retired = absent.filter((name) => former(name) !== undefined).map((name) => `${former(name)} (now ${name})`);
  const findings: Finding[] = [];
  // Users of third-party instrumentation cannot change what it records, and the trace is complete anyway.
  const judge = declaring.has(processOf(span)) ? error : note;
  if (missing.length > 0) findings.push(judge('attribute-missing', [span], `${named(span)} lacks ${missing.join(', ')}.`, LACKS));
  if (retired.length > 0) findings.push(note('attribute-retired', [span], `${named(span)} uses ${retired.join(', ')}.`, OLD));
  if (required.length > 0 && span.status.code === 'ERROR' && span.attributes['error.type'] === undefined) {
    findings.push(note('attribute-missing', [span], `${named(span)} failed and lacks error.type.`, LACKS));
  }
  return findings;
}

const LACKS = 'The span was made by hand, or its instrumentation is incomplete or older than the stable semantic conventions.';
const OLD = 'The instrumentation is older than the stable semantic conventions. Upgrade it, or set OTEL_SEMCONV_STABILITY_OPT_IN.';

/** Depends on the kind and the attributes of the span. A span of an unknown protocol needs no attributes. */
function requiredOf(span: Span): readonly string[] {
  if (has(span, 'db.')) return span.kind === 'CLIENT' ? ['db.system.name'] : [];
  if (span.kind === 'PRODUCER' || span.kind === 'CONSUMER' || (span.kind === 'CLIENT' && has(span, 'messaging.'))) return MESSAGING;
  if (!has(span, 'http.')) return [];
  // A call without a response needs an error instead of a status code.
  const outcome = span.status.code === 'ERROR' ? [] : ['http.response.status_code'];
  if (span.kind === 'SERVER') return ['http.request.method', 'url.path', 'url.scheme', ...outcome];
  return span.kind === 'CLIENT' ? ['http.request.method', 'url.full', 'server.address', 'server.port', ...outcome] : [];
}

const MESSAGING = ['messaging.system', 'messaging.operation.name'];

/** The former names of required attributes. */
const RETIRED: Readonly<Record<string, readonly string[]>> = {
  'http.request.method': ['http.method'],
  'http.response.status_code': ['http.status_code'],
  'url.full': ['http.url'],
  'url.path': ['http.target', 'http.url'],
  'url.scheme': ['http.scheme', 'http.url'],
  'server.address': ['net.peer.name', 'http.host', 'http.url'],
  'server.port': ['net.peer.port', 'http.url'],
  'db.system.name': ['db.system'],
  'messaging.operation.name': ['messaging.operation'],
};

const has = (span: Span, prefix: string): boolean => Object.keys(span.attributes).some((name) => name.startsWith(prefix));

function unnamed(spans: readonly Span[]): Finding[] {
  const nameless = [...Map.groupBy(spans, (span) => span.resource).values()].filter(([span]) =>
    span?.service.startsWith('unknown_service'),
  );
  return nameless.map((same) => {
    const message = `${same.length === 1 ? 'A span has' : `${same.length} spans have`} no service name, such as ${same.slice(0, 1).map(named).join()}.`;
    return error('service-unnamed', same, message, 'OTEL_SERVICE_NAME is not set in the process that made them.');
  });
}

function dropped(spans: readonly Span[]): Finding[] {
  const cut = spans.filter(({ dropped }) => dropped.attributes + dropped.events + dropped.links > 0);
  return cut.map((span) => {
    const { attributes, events, links } = span.dropped;
    const message = `${named(span)} dropped ${attributes} attributes, ${events} events and ${links} links.`;
    return note('data-dropped', [span], message, DROPPED);
  });
}

const DROPPED =
  'The span has more data than the limits of its SDK allow (OTEL_SPAN_*_COUNT_LIMIT), or an attribute that the trace backend could not read.';

/** Values that the trace store truncated: one finding per span, and one per process for its resource. */
function truncated(spans: readonly Span[]): Finding[] {
  const processes = [...Map.groupBy(spans, (span) => span.resource)].flatMap(([resource, [first]]) =>
    first ? cut(first, `The resource of ${clipped(first.service)}`, [resource]) : [],
  );
  return [...processes, ...spans.flatMap((span) => cut(span, named(span), [span, span.scope, ...span.events, ...span.links]))];
}

function cut(span: Span, whose: string, holders: readonly { readonly attributes: Attributes }[]): Finding[] {
  const names = holders.flatMap(({ attributes }) => namesIn(attributes[TRUNCATED]));
  if (names.length === 0) return [];
  const message = `${whose} lost the end of ${names.slice(0, 3).map(clipped).join(', ')}${names.length > 3 ? ', …' : '.'}`;
  return [note('data-dropped', [span], message, 'The value is longer than the limit of the trace store, 64 KiB by default.')];
}

/** Jaeger v1 returns the list as text. */
const namesIn = (mark: AttributeValue | undefined): readonly string[] =>
  mark === undefined ? [] : isArray(mark) ? mark.map(attributeText) : [attributeText(mark)];
