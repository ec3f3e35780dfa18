import { pino, type Logger } from 'pino';
import { contextFields } from '../log.ts';

export type LogLine = Record<string, unknown> & { level: number; msg: string };

export interface RecordedLog {
  log: Logger;
  /** The lines logged so far, including debug lines. */
  lines: LogLine[];
}

/** Creates a log that keeps its lines in memory for a test to check. */
export function recordLog(): RecordedLog {
  const lines: LogLine[] = [];
  const log = pino({ level: 'debug', mixin: contextFields }, { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) });
  return { log, lines };
}
