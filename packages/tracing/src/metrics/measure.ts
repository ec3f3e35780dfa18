// Apart from `http-durations.ts`, because the types of the package must not need the metrics SDK, which is optional.
import type { SpanContext } from '@opentelemetry/api';

/** How a request ended. What is not known is left out. */
export interface Outcome {
  route?: string | undefined;
  status?: number | undefined;
  errorType?: string | undefined;
}

/** Records the duration of a request with its span, once: a request may be said to have ended twice. */
export type Measure = (span: SpanContext, outcome: Outcome) => void;
