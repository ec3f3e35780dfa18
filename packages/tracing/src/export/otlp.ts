import type { Link, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '../provider/interfaces.ts';
import { RecordingSpan } from '../provider/recording-span.ts';
import { copyOf, ProtoWriter, varintSize } from './proto-writer.ts';

type Scope = ReadableSpan['instrumentationScope'];
type Resource = ReadableSpan['resource'];

/** The spans of one scope, encoded one after another as fields of a ScopeSpans message. */
export interface ScopeSpans {
  readonly scope: Scope;
  readonly bytes: Buffer;
}

// Bits of OTLP's Span.flags above W3C's trace flags: whether it is known that the parent is remote, and whether it is.
const HAS_IS_REMOTE = 0x1_00;
const IS_REMOTE = 0x2_00;

const flags = ({ traceFlags }: SpanContext, remote: boolean | undefined): number =>
  (traceFlags & 0xff) | HAS_IS_REMOTE | (remote ? IS_REMOTE : 0);

/** Appends a span as a field of a ScopeSpans message (opentelemetry/proto/trace/v1/trace.proto). */
export function writeSpan(to: ProtoWriter, span: ReadableSpan): void {
  const { parentSpanContext: parent } = span;
  const self = span.spanContext();
  const start = to.begin(0x12);
  to.hex(0x0a, self.traceId);
  to.hex(0x12, self.spanId);
  writeText(to, 0x1a, self.traceState?.serialize());
  if (parent?.spanId) to.hex(0x22, parent.spanId);
  to.string(0x2a, span.name);
  to.integer(0x30, span.kind + 1);
  to.time(0x39, span.startTime);
  to.time(0x41, span.endTime);
  writeAttributes(to, span);
  to.integer(0x50, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(to, event);
  to.integer(0x60, span.droppedEventsCount);
  for (const link of span.links) writeLink(to, link);
  to.integer(0x70, span.droppedLinksCount);
  writeStatus(to, span.status);
  to.byte(0x85);
  to.byte(0x01);
  to.fixed32(flags(self, parent?.isRemote));
  to.end(start);
}

/** Reading `attributes` of one of our spans makes an object of them, so their list is written. A span that inherits from one may have others. */
function writeAttributes(to: ProtoWriter, span: ReadableSpan): void {
  const list = Object.getPrototypeOf(span) === RecordingSpan.prototype ? (span as RecordingSpan).spanAttributes.list : undefined;
  if (list) to.attributeList(0x4a, list);
  else to.attributes(0x4a, span.attributes);
}

function writeStatus(to: ProtoWriter, { code, message }: ReadableSpan['status']): void {
  const start = to.begin(0x7a);
  writeText(to, 0x12, message);
  to.integer(0x18, code);
  to.end(start);
}

function writeEvent(to: ProtoWriter, { time, name, attributes, droppedAttributesCount }: TimedEvent): void {
  const start = to.begin(0x5a);
  to.time(0x09, time);
  to.string(0x12, name);
  if (attributes) to.attributes(0x1a, attributes);
  to.integer(0x20, droppedAttributesCount ?? 0);
  to.end(start);
}

function writeLink(to: ProtoWriter, { context, attributes, droppedAttributesCount }: Link): void {
  const start = to.begin(0x6a);
  to.hex(0x0a, context.traceId);
  to.hex(0x12, context.spanId);
  writeText(to, 0x1a, context.traceState?.serialize());
  if (attributes) to.attributes(0x22, attributes);
  to.integer(0x28, droppedAttributesCount ?? 0);
  to.byte(0x35);
  to.fixed32(flags(context, context.isRemote));
  to.end(start);
}

function writeText(to: ProtoWriter, tag: number, text: string | undefined): void {
  if (text) to.string(tag, text);
}

const resources = new WeakMap<Resource, Buffer>();
const scopes = new WeakMap<Scope, Buffer>();

function resourceBytes(resource: Resource): Buffer {
  return cached(resources, resource, (to) => {
    const start = to.begin(0x0a);
    to.attributes(0x0a, resource.attributes);
    to.integer(0x10, 0);
    to.end(start);
  });
}

function scopeBytes(scope: Scope & { attributes?: object; droppedAttributesCount?: number }): Buffer {
  return cached(scopes, scope, (to) => {
    const start = to.begin(0x0a);
    to.string(0x0a, scope.name);
    writeText(to, 0x12, scope.version);
    if (scope.attributes) to.attributes(0x1a, scope.attributes as ReadableSpan['attributes']);
    if (scope.droppedAttributesCount) to.integer(0x20, scope.droppedAttributesCount);
    to.end(start);
  });
}

function schemaBytes(schemaUrl: string | undefined): Buffer {
  return bytesOf((to) => writeText(to, 0x1a, schemaUrl));
}

function cached<T extends object>(cache: WeakMap<T, Buffer>, key: T, write: (to: ProtoWriter) => void): Buffer {
  const known = cache.get(key);
  if (known) return known;
  const bytes = bytesOf(write);
  cache.set(key, bytes);
  return bytes;
}

function bytesOf(write: (to: ProtoWriter) => void): Buffer {
  const to = new ProtoWriter(256);
  write(to);
  return copyOf(to.written);
}

/** Builds an ExportTraceServiceRequest as a list of buffers, without copying the spans. The resource's attributes must be resolved. */
export function exportRequest(resource: Resource, spans: readonly ScopeSpans[]): Buffer[] {
  const scoped = spans.flatMap(({ scope, bytes }) => message(0x12, [scopeBytes(scope), bytes, schemaBytes(scope.schemaUrl)]));
  return message(0x0a, [resourceBytes(resource), ...scoped, schemaBytes(resource.schemaUrl)]);
}

/** A length-delimited field. */
function message(tag: number, content: readonly Buffer[]): Buffer[] {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  const head = new ProtoWriter(1 + varintSize(length));
  head.byte(tag);
  head.varint(length);
  return [head.written, ...content];
}
