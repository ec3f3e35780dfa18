import type { Attributes, AttributeValue } from '../attribute.ts';
import type { Scope, SpanKind, Status } from '../trace.ts';
import { base64Bytes } from './base64.ts';
import { field, integer, text, wrong } from './json.ts';
import type { JsonObject } from './json.ts';

/** Reads Jaeger's typed tags as attributes. If a name occurs twice, the last value wins. */
export function readTags(tags: readonly JsonObject[]): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null) as Record<string, AttributeValue>;
  for (const tag of tags) attributes[text(tag, 'key')] = readTag(text(tag, 'type'), field(tag, 'value'));
  return attributes;
}

function readTag(type: string, value: unknown): AttributeValue {
  if (value === undefined || value === null) return null;
  if (type === 'int64') return integer(value) ?? wrong('an int64 tag', 'a whole number', value);
  if (type === 'binary' && typeof value === 'string') return base64Bytes(value) ?? value;
  if (type === 'float64' && typeof value === 'string') return Number(value);
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  return wrong('a tag', 'text, a number or true or false', value);
}

interface TakenTags {
  readonly kind: SpanKind;
  readonly status: Status;
  readonly scope: Scope;
  readonly traceState: string;
  readonly attributes: Attributes;
}

/** Separates the tags that stand for OTLP fields in Jaeger v1 (OTLP to Jaeger transformation) from the attributes. */
export function takeTags(tags: Attributes, more: Attributes): TakenTags {
  const attributes = { ...tags, ...more };
  const take = (name: string): string => {
    const value = attributes[name];
    if (typeof value !== 'string') return '';
    delete attributes[name];
    return value;
  };
  const status = takeStatus(attributes, take);
  const scope = Object.freeze({
    name: take('otel.scope.name') || take('otel.library.name'),
    version: take('otel.scope.version') || take('otel.library.version'),
    attributes: Object.freeze({}),
    droppedAttributes: 0,
    schemaUrl: '',
  });
  const kind = KINDS.get(take('span.kind')) ?? 'UNSPECIFIED';
  return { kind, status, scope, traceState: take('w3c.tracestate'), attributes: Object.freeze(attributes) };
}

/** OpenTracing sets only `error: true`. Next to `otel.status_code` it adds nothing. */
function takeStatus(attributes: Record<string, AttributeValue>, take: (name: string) => string): Status {
  const code = take('otel.status_code');
  const failed = attributes['error'] === true || attributes['error'] === 'true';
  if (failed) delete attributes['error'];
  const message = take('otel.status_description');
  return Object.freeze({ code: code === 'OK' ? 'OK' : code === 'ERROR' || failed ? 'ERROR' : 'UNSET', message });
}

const KINDS: ReadonlyMap<string, SpanKind> = new Map([
  ['internal', 'INTERNAL'],
  ['server', 'SERVER'],
  ['client', 'CLIENT'],
  ['producer', 'PRODUCER'],
  ['consumer', 'CONSUMER'],
]);
