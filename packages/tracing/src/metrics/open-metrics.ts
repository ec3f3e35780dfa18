import type { Attributes } from '@opentelemetry/api';
import type { Histogram, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Exemplar, PointWithExemplars } from './duration-histogram.ts';

export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

interface Family {
  head: string;
  type: string;
  samples: string[];
}

/**
 * Writes metrics as OpenMetrics 1.0 text, named as OpenTelemetry's specification "Prometheus and OpenMetrics Compatibility" says:
 * `http.server.request.duration` in `s` is `http_server_request_duration_seconds`. OpenTelemetry's own serializer adds no units and has no exemplars.
 */
export function openMetrics({ resource, scopeMetrics }: ResourceMetrics): string {
  const families = new Map<string, Family>();
  for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics)) {
    if (metric.dataPoints.length === 0) continue;
    const [name, unit] = nameOf(metric);
    const type = typeOf(metric);
    const description = metric.descriptor.description ? `# HELP ${name} ${escaped(metric.descriptor.description)}\n` : '';
    const head = `# TYPE ${name} ${type}\n${unit ? `# UNIT ${name} ${unit}\n` : ''}${description}`;
    const family = families.get(name) ?? { head, type, samples: [] };
    // Two instruments of different types cannot share a name. The first one keeps it.
    if (family.type === type) family.samples.push(...samplesOf(name, type, metric));
    families.set(name, family);
  }
  const target = `# TYPE target info\ntarget_info${labels(resource.attributes)} 1\n`;
  return `${target}${[...families.values()].map(({ head, samples }) => head + samples.join('')).join('')}# EOF\n`;
}

function samplesOf(name: string, type: string, { dataPoints }: MetricData): string[] {
  return dataPoints.flatMap((point) => {
    const { attributes, value } = point;
    if (typeof value !== 'object') return `${name}${type === 'counter' ? '_total' : ''}${labels(attributes)} ${value}\n`;
    return 'buckets' in value
      ? histogramSamples(name, attributes, value, 'exemplars' in point ? (point as PointWithExemplars).exemplars : [])
      : [];
  });
}

function histogramSamples(
  name: string,
  attributes: Attributes,
  { buckets, sum = 0, count }: Histogram,
  exemplars: PointWithExemplars['exemplars'],
): string[] {
  let below = 0;
  const lines = buckets.counts.map((inBucket, index) => {
    below += inBucket;
    const le = buckets.boundaries[index] ?? '+Inf';
    return `${name}_bucket${labels({ ...attributes, le: String(le) })} ${below}${written(exemplars[index])}\n`;
  });
  return [...lines, `${name}_sum${labels(attributes)} ${sum}\n`, `${name}_count${labels(attributes)} ${count}\n`];
}

function written(exemplar: Exemplar | undefined): string {
  if (!exemplar) return '';
  const { traceId, spanId, value, time } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${value} ${time}`;
}

function typeOf(metric: MetricData): 'counter' | 'gauge' | 'histogram' {
  if ('isMonotonic' in metric) return metric.isMonotonic ? 'counter' : 'gauge';
  return typeof metric.dataPoints[0]?.value === 'object' ? 'histogram' : 'gauge';
}

const UNITS: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes', '1': 'ratio' };

/** Units in braces, such as `{request}`, say what is counted and are not part of the name. */
function nameOf(metric: MetricData): [name: string, unit: string | undefined] {
  const { descriptor } = metric;
  const unit = descriptor.unit === '1' && typeOf(metric) !== 'gauge' ? undefined : UNITS[descriptor.unit];
  const name = legal(descriptor.name);
  return [unit && !name.endsWith(`_${unit}`) ? `${name}_${unit}` : name, unit];
}

const legal = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_]+/g, '_');

function labels(attributes: Attributes): string {
  const pairs = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${legal(key)}="${escaped(text ?? '').replaceAll('"', String.raw`\"`)}"`;
  });
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', String.raw`\n`);
