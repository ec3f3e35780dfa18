import { randomBytes } from 'node:crypto';
import { readTraces, type SpanKind, type Trace } from '@waymark/trace-model';

type Value = string | number | boolean;

/** A span and what hangs below it, as a test writes it down. */
export interface SpanSketch {
  readonly service: string;
  readonly kind: SpanKind;
  readonly name: string;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly children: readonly SpanSketch[];
  readonly details: SpanDetails;
}

export interface SpanDetails {
  readonly error?: string;
  readonly events?: readonly { readonly name: string; readonly attributes?: Readonly<Record<string, Value>> }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly parentSpanId?: string;
}

/** A span: `span('order', 'SERVER', 'POST /orders', { 'http.response.status_code': 201 }, [span(…)])`. */
export const span = (
  service: string,
  kind: SpanKind,
  name: string,
  attributes: Readonly<Record<string, Value>> = {},
  children: readonly SpanSketch[] = [],
  details: SpanDetails = {},
): SpanSketch => ({ service, kind, name, attributes, children, details });

/** A span as OTLP/JSON with the service it is of. */
export interface OtlpSpan {
  readonly service: string;
  readonly span: { readonly spanId: string; readonly name: string } & Readonly<Record<string, unknown>>;
}

const KINDS: readonly SpanKind[] = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
export const newTraceId = (): string => randomBytes(16).toString('hex');
const newSpanId = (): string => randomBytes(8).toString('hex');

/** The spans of a trace, one millisecond after the other, each inside its parent; with a manifest (docs/manifest.md) unless told otherwise. */
export function otlp(root: SpanSketch, { traceId = newTraceId(), manifest = true, epochMs = Date.now() } = {}): readonly OtlpSpan[] {
  const spans: OtlpSpan[] = [];
  let clock = BigInt(epochMs) * 1_000_000n;
  const tick = (): string => String((clock += 1_000_000n));
  const add = (sketch: SpanSketch, parent: SpanSketch | undefined, parentSpanId: string | undefined): string => {
    const spanId = newSpanId();
    const { service, details } = sketch;
    const start = tick();
    const below = sketch.children.map((child) => ({ child, spanId: add(child, sketch, spanId) }));
    const answered = below.find(({ child }) => child.service !== service);
    const declared = {
      ...(parent?.service !== service && { 'waymark.segment.spans': segment(sketch) }),
      ...(sketch.kind === 'CLIENT' && answered && { 'waymark.peer.span': answered.spanId }),
    };
    spans.push({
      service,
      span: {
        traceId,
        spanId,
        ...((details.parentSpanId ?? parentSpanId) && { parentSpanId: details.parentSpanId ?? parentSpanId }),
        name: sketch.name,
        kind: KINDS.indexOf(sketch.kind),
        startTimeUnixNano: start,
        endTimeUnixNano: tick(),
        attributes: attributes({ ...sketch.attributes, ...(manifest && declared) }),
        events: (details.events ?? []).map((event) => ({
          name: event.name,
          timeUnixNano: start,
          attributes: attributes(event.attributes ?? {}),
        })),
        links: details.links ?? [],
        ...(details.error !== undefined && { status: { code: 2, message: details.error } }),
      },
    });
    return spanId;
  };
  add(root, undefined, undefined);
  return spans.toReversed();
}

const segment = ({ service, children }: SpanSketch): number =>
  1 + children.filter((child) => child.service === service).reduce((sum, child) => sum + segment(child), 0);

const attributes = (values: Readonly<Record<string, Value>>): object[] =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string' ? { stringValue: value } : typeof value === 'boolean' ? { boolValue: value } : { intValue: String(value) },
  }));

/** An export request with these spans. */
export const request = (spans: readonly OtlpSpan[]): object => ({
  resourceSpans: spans.map(({ service, span }) => ({
    resource: { attributes: attributes({ 'service.name': service }) },
    scopeSpans: [{ scope: { name: 'test' }, spans: [span] }],
  })),
});

/** These spans as a trace. */
export function traceOf(spans: readonly OtlpSpan[]): Trace {
  const [trace] = readTraces(request(spans));
  if (!trace) throw new Error('no spans');
  return trace;
}

/** Exports spans to an OTLP/HTTP endpoint. */
export async function send(otlpUrl: string, spans: readonly OtlpSpan[]): Promise<void> {
  const body = JSON.stringify(request(spans));
  const answer = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  if (!answer.ok) throw new Error(`the export was refused: ${answer.status} ${await answer.text()}`);
}
