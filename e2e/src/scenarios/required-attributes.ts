import type { Span } from '@waymark/trace-model';

const RESOURCE = ['service.name', 'service.version', 'service.instance.id', 'host.name', 'telemetry.sdk.language'];

const HTTP_SERVER = [
  'http.request.method',
  'http.response.status_code',
  'url.path',
  'url.scheme',
  'server.address',
  'server.port',
  'client.address',
  'network.protocol.version',
  'waymark.segment.spans',
];
const HTTP_CLIENT = ['http.request.method', 'url.full', 'url.template', 'server.address', 'server.port'];
/** Also required if a response came. */
const ANSWERED = [
  'http.response.status_code',
  'network.protocol.version',
  'network.peer.address',
  'network.peer.port',
  'waymark.peer.span',
];
const DATABASE = ['db.system.name', 'db.namespace', 'db.query.text', 'server.address', 'server.port'];
const MESSAGE = [
  'messaging.system',
  'messaging.operation.name',
  'messaging.operation.type',
  'messaging.destination.name',
  'messaging.message.id',
];
const JOB = [...MESSAGE, 'waymark.job.attempt', 'waymark.job.max_attempts', 'waymark.segment.spans'];

/**
 * Checks the attributes of a span. Reports attributes that are missing although its kind requires them (semantic conventions for HTTP, databases and
 * messaging; the manifest), and an `error.type` on a span that did not fail.
 */
export function misdescribed(span: Span): string[] {
  const lacked = [...absent(required(span), span.attributes), ...absent(RESOURCE, span.resource.attributes)];
  const wrong = lacked.map((name) => `lacks ${name}`);
  if (span.status.code !== 'ERROR' && 'error.type' in span.attributes) wrong.push('has error.type, but did not fail');
  return wrong.map((what) => `${span.service} ${span.kind} ${span.name} ${what}`);
}

const absent = (names: readonly string[], from: object): string[] => names.filter((name) => !Object.hasOwn(from, name));

function required({ kind, attributes, status }: Span): readonly string[] {
  const failed = status.code === 'ERROR' ? ['error.type'] : [];
  if (kind === 'SERVER') return [...HTTP_SERVER, ...failed];
  if (kind === 'PRODUCER') return MESSAGE;
  if (kind === 'CONSUMER') return [...JOB, ...failed];
  if (kind !== 'CLIENT') return failed;
  if ('db.system.name' in attributes) return [...DATABASE, ...failed, ...(failed.length > 0 ? ['db.response.status_code'] : [])];
  const answered = failed.length === 0 || 'http.response.status_code' in attributes;
  return [...HTTP_CLIENT, ...failed, ...(answered ? ANSWERED : [])];
}
