/** The wire types: varint, eight bytes, length and bytes, four bytes (protobuf encoding, "Message Structure"). */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;

/** The types of scalar fields. `id` is bytes that JSON writes as hex, unlike all other bytes (OTLP/JSON encoding). */
export type Scalar = 'string' | 'bytes' | 'id' | 'bool' | 'int64' | 'uint32' | 'enum' | 'fixed64' | 'fixed32' | 'double';

/** One field of a message. `present` fields are written even if empty, as Jaeger does; `oneof` fields even if zero. */
export interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: Scalar | 'message';
  readonly message: Message | undefined;
  readonly wire: number;
  readonly repeated: boolean;
  readonly oneof: boolean;
  readonly present: boolean;
}

/** A protobuf message as a table. Decoding, encoding and checking use the same tables. */
export interface Message {
  readonly name: string;
  /** By field number, for reading the wire. */
  readonly byNumber: (Field | undefined)[];
  /** By JSON name, for reading JSON. */
  readonly byName: Map<string, Field>;
}

const WIRE: Record<Scalar | 'message', number> = {
  string: LENGTH,
  bytes: LENGTH,
  id: LENGTH,
  message: LENGTH,
  bool: VARINT,
  int64: VARINT,
  uint32: VARINT,
  enum: VARINT,
  fixed64: FIXED64,
  double: FIXED64,
  fixed32: FIXED32,
};

type Rule = 'repeated' | 'oneof' | 'present';
type Row = readonly [number: number, name: string, type: Scalar | Message, rule?: Rule];

const message = (name: string, rows: readonly Row[]): Message => define({ name, byNumber: [], byName: new Map() }, rows);

function define(target: Message, rows: readonly Row[]): Message {
  for (const [number, name, type, rule] of rows) {
    const kind = typeof type === 'string' ? type : 'message';
    const inner = typeof type === 'string' ? undefined : type;
    const rules = { repeated: rule === 'repeated', oneof: rule === 'oneof', present: rule === 'present' };
    const field = { number, name, type: kind, message: inner, wire: WIRE[kind], ...rules } as const;
    target.byNumber[number] = field;
    target.byName.set(name, field);
  }
  return target;
}

export const AnyValue = message('AnyValue', []);
export const KeyValue = message('KeyValue', [
  [1, 'key', 'string'],
  [2, 'value', AnyValue, 'present'],
]);
define(AnyValue, [
  [1, 'stringValue', 'string', 'oneof'],
  [2, 'boolValue', 'bool', 'oneof'],
  [3, 'intValue', 'int64', 'oneof'],
  [4, 'doubleValue', 'double', 'oneof'],
  [5, 'arrayValue', message('ArrayValue', [[1, 'values', AnyValue, 'repeated']]), 'oneof'],
  [6, 'kvlistValue', message('KeyValueList', [[1, 'values', KeyValue, 'repeated']]), 'oneof'],
  [7, 'bytesValue', 'bytes', 'oneof'],
]);

export const Resource = message('Resource', [
  [1, 'attributes', KeyValue, 'repeated'],
  [2, 'droppedAttributesCount', 'uint32'],
]);

const Scope = message('InstrumentationScope', [
  [1, 'name', 'string'],
  [2, 'version', 'string'],
  [3, 'attributes', KeyValue, 'repeated'],
  [4, 'droppedAttributesCount', 'uint32'],
]);

const Event = message('Span.Event', [
  [1, 'timeUnixNano', 'fixed64'],
  [2, 'name', 'string'],
  [3, 'attributes', KeyValue, 'repeated'],
  [4, 'droppedAttributesCount', 'uint32'],
]);

const Link = message('Span.Link', [
  [1, 'traceId', 'id'],
  [2, 'spanId', 'id'],
  [3, 'traceState', 'string'],
  [4, 'attributes', KeyValue, 'repeated'],
  [5, 'droppedAttributesCount', 'uint32'],
  [6, 'flags', 'fixed32'],
]);

const Status = message('Status', [
  [2, 'message', 'string'],
  [3, 'code', 'enum'],
]);

const outline: readonly Row[] = [
  [1, 'traceId', 'id'],
  [2, 'spanId', 'id'],
  [4, 'parentSpanId', 'id'],
  [5, 'name', 'string'],
  [6, 'kind', 'enum'],
  [7, 'startTimeUnixNano', 'fixed64'],
  [8, 'endTimeUnixNano', 'fixed64'],
  [15, 'status', Status, 'present'],
];

export const Span = message('Span', [
  ...outline,
  [3, 'traceState', 'string'],
  [9, 'attributes', KeyValue, 'repeated'],
  [10, 'droppedAttributesCount', 'uint32'],
  [11, 'events', Event, 'repeated'],
  [12, 'droppedEventsCount', 'uint32'],
  [13, 'links', Link, 'repeated'],
  [14, 'droppedLinksCount', 'uint32'],
  [16, 'flags', 'fixed32'],
]);

/** The fields of a span that searches and summaries need. Decoding only these is a tenth of the work. */
export const SpanOutline = message('Span', outline);

export const ScopeSpans = message('ScopeSpans', [
  [1, 'scope', Scope, 'present'],
  [2, 'spans', Span, 'repeated'],
  [3, 'schemaUrl', 'string'],
]);

export const ResourceSpans = message('ResourceSpans', [
  [1, 'resource', Resource, 'present'],
  [2, 'scopeSpans', ScopeSpans, 'repeated'],
  [3, 'schemaUrl', 'string'],
]);

/** opentelemetry-proto `ExportTraceServiceRequest`. */
export const ExportRequest = message('ExportTraceServiceRequest', [[1, 'resourceSpans', ResourceSpans, 'repeated']]);

const PartialSuccess = message('ExportTracePartialSuccess', [
  [1, 'rejectedSpans', 'int64'],
  [2, 'errorMessage', 'string'],
]);

/** opentelemetry-proto `ExportTraceServiceResponse`. */
export const ExportResponse = message('ExportTraceServiceResponse', [[1, 'partialSuccess', PartialSuccess]]);

/** `google.rpc.Status`, the body of every OTLP/HTTP error. */
export const RpcStatus = message('Status', [
  [1, 'code', 'enum'],
  [2, 'message', 'string'],
]);
