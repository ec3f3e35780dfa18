import type { Json } from '../../otlp/decode.ts';
import type { SpanJson } from '../../store/read-trace.ts';

/** The attribute in which Jaeger leaves its remarks on a span. */
export const WARNINGS = '@jaeger@warnings';

/** Adds a remark to a span. */
export function warn(span: SpanJson, remark: string): void {
  const attributes = (span.attributes ??= []);
  let holder = attributes.find(({ key }) => key === WARNINGS);
  if (holder === undefined) attributes.push((holder = { key: WARNINGS, value: { arrayValue: { values: [] } } }));
  list(holder.value).push({ stringValue: remark });
}

/** The remarks on a span. */
export function warningsOf(span: SpanJson): string[] {
  const holder = span.attributes?.find(({ key }) => key === WARNINGS);
  return holder === undefined ? [] : list(holder.value).map((item) => (item['stringValue'] as string | undefined) ?? '');
}

/** Whoever sent the attribute may have given it another type; then it holds no remarks of Jaeger's. */
const list = (value: Json): Json[] => ((value['arrayValue'] as Json | undefined)?.['values'] ?? []) as Json[];
