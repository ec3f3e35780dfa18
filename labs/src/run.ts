import type { Trace } from '@waymark/trace-model';

/** The traces and logs of one side of a lab. */
export interface Run {
  /** Ordered by the start of their first spans. */
  traces: readonly Trace[];
  /** The lines that the side logged. */
  logs: readonly Readonly<Record<string, unknown>>[];
}
