import { logCorrelation } from '@waymark/tracing';
import { pino, type Logger } from 'pino';

export type LogLine = Record<string, unknown> & { level: number; msg: string };

export interface RecordedLog {
  log: Logger;
  /** All that was logged so far, debug lines too. */
  lines: LogLine[];
}

/** A log that keeps its lines to itself, for a test to look at. */
export function recordLog(): RecordedLog {
  const lines: LogLine[] = [];
  const log = pino({ level: 'debug', mixin: logCorrelation }, { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) });
  return { log, lines };
}
