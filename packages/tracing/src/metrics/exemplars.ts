import { isSpanContextValid, trace, TraceFlags, type Attributes, type Context, type Histogram } from '@opentelemetry/api';

/** The trace of one measurement. */
export interface Exemplar {
  traceId: string;
  spanId: string;
  value: number;
  /** When it was measured, in seconds since 1970. */
  time: number;
}

/** As many series as OpenTelemetry's SDK keeps for an instrument. */
const MAX_SERIES = 2_000;

/**
 * A histogram that remembers, for each of its buckets, the last measurement in a sampled trace. OpenTelemetry's metrics SDK for JavaScript has
 * no exemplars yet.
 */
export class ExemplarHistogram {
  readonly #histogram: Histogram;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, (Exemplar | undefined)[]>();

  constructor(histogram: Histogram, bounds: readonly number[]) {
    this.#histogram = histogram;
    this.#bounds = bounds;
  }

  /** @param attributes with the same keys always in the same order, because they are compared as text */
  record(value: number, attributes: Attributes, context: Context): void {
    this.#histogram.record(value, attributes, context);
    const span = trace.getSpanContext(context);
    if (!span || !isSpanContextValid(span) || !(span.traceFlags & TraceFlags.SAMPLED)) return;
    const key = JSON.stringify(attributes);
    let buckets = this.#series.get(key);
    if (!buckets) {
      if (this.#series.size === MAX_SERIES) return;
      this.#series.set(key, (buckets = []));
    }
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    buckets[bucket < 0 ? this.#bounds.length : bucket] = { traceId: span.traceId, spanId: span.spanId, value, time: Date.now() / 1_000 };
  }

  /** The exemplars of a series, by the index of their bucket. */
  of(attributes: Attributes): readonly (Exemplar | undefined)[] {
    return this.#series.get(JSON.stringify(attributes)) ?? [];
  }
}
