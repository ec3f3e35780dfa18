import { logCorrelation } from '@waymark/tracing';
import { pino, type Logger } from 'pino';

/** Creates a service's log: JSON lines on stdout, each with the service's name and, inside a span, its `trace_id` and `span_id`. */
export function serviceLog(service: string): Logger {
  return pino({
    level: process.env['LOG_LEVEL'] || 'info',
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
    mixin: logCorrelation,
    redact: ['password', 'token', 'authorization', '*.password', '*.token', '*.authorization', 'email', '*.email'],
  });
}
export type { Logger } from 'pino';
