import { TraceFlags, ValueType, type Attributes, type HrTime, type SpanContext } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import type * as Sdk from '@opentelemetry/sdk-metrics';

/** The trace of one measurement. */
export interface Exemplar {
  traceId: string;
  spanId: string;
  value: number;
  /** When it was measured, in seconds since 1970. */
  time: number;
}

/** A series of a histogram, with an exemplar for each bucket that has one. */
export type PointWithExemplars = Sdk.DataPoint<Sdk.Histogram> & { exemplars: readonly (Exemplar | undefined)[] };

interface Series {
  attributes: Attributes;
  startTime: HrTime;
  counts: number[];
  sum: number;
  count: number;
  min: number;
  max: number;
  exemplars: (Exemplar | undefined)[];
}

/** The edges that the semantic conventions for HTTP advise, and 0.8 s, which latency objectives use. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 0.8, 1, 2.5, 5, 7.5, 10];

/** As many as OpenTelemetry's SDK keeps for an instrument. What does not fit is one more series (metrics SDK, "Cardinality limits"). */
const MAX_SERIES = 2_000;
const OVERFLOW = { 'otel.metric.overflow': true };

/**
 * A histogram of durations in seconds that remembers, for each bucket, the last measurement in a sampled trace. The SDK has no exemplars yet, and its
 * histogram takes several times the CPU, because it sorts and serializes the attributes of each measurement.
 */
export class DurationHistogram {
  readonly #descriptor: Sdk.MetricDescriptor;
  readonly #names: readonly string[];
  readonly #series = new Map<string, Series>();

  /** @param names the names of the attributes, in the order in which `record` gets their values */
  constructor(name: string, description: string, names: readonly string[]) {
    this.#descriptor = { name, description, unit: 's', valueType: ValueType.DOUBLE };
    this.#names = names;
  }

  record(seconds: number, values: readonly unknown[], span: SpanContext): void {
    let key = '';
    for (const value of values) key += `${value as string}\n`;
    const series = this.#series.get(key) ?? this.#add(key, values);
    const found = BOUNDS.findIndex((bound) => seconds <= bound);
    const bucket = found < 0 ? BOUNDS.length : found;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += seconds;
    series.count += 1;
    series.min = Math.min(series.min, seconds);
    series.max = Math.max(series.max, seconds);
    if (!(span.traceFlags & TraceFlags.SAMPLED)) return;
    series.exemplars[bucket] = { traceId: span.traceId, spanId: span.spanId, value: seconds, time: Date.now() / 1_000 };
  }

  #add(key: string, values: readonly unknown[]): Series {
    const isFull = this.#series.size >= MAX_SERIES;
    const known = isFull && this.#series.get('');
    if (known) return known;
    const entries = this.#names.flatMap((name, at) => (values[at] === undefined ? [] : [[name, values[at]] as const]));
    const series: Series = {
      attributes: isFull ? OVERFLOW : Object.fromEntries(entries),
      startTime: hrTime(),
      counts: Array.from(BOUNDS, () => 0).concat(0),
      sum: 0,
      count: 0,
      min: Infinity,
      max: -Infinity,
      exemplars: [],
    };
    this.#series.set(isFull ? '' : key, series);
    return series;
  }

  /** What it has measured since the start, as the SDK's readers take it. */
  data({ AggregationTemporality, DataPointType }: typeof Sdk): Sdk.MetricData {
    const endTime = hrTime();
    const dataPoints = Array.from(
      this.#series.values(),
      ({ attributes, startTime, counts, sum, count, min, max, exemplars }): PointWithExemplars => {
        const value = { buckets: { boundaries: BOUNDS, counts: [...counts] }, sum, count, min, max };
        return { attributes, startTime, endTime, value, exemplars };
      },
    );
    const descriptor = this.#descriptor;
    return { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
}
