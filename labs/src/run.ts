import type { Trace } from '@waymark/trace-model';

/** What a side of a lab left behind. */
export interface Run {
  /** In the order of their first spans. */
  traces: readonly Trace[];
  /** The lines that it logged. */
  logs: readonly Readonly<Record<string, unknown>>[];
}
