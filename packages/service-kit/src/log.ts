import { logCorrelation } from '@waymark/tracing';
import { pino, type Logger } from 'pino';
import { currentUser } from './user.ts';

/**
 * Creates a service's log: JSON lines on stdout, each with the service's name, inside a span with its `trace_id` and `span_id`, and in work
 * for a user with the `user_id`.
 */
export function serviceLog(service: string): Logger {
  return pino({
    level: process.env['LOG_LEVEL'] || 'info',
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
    mixin: contextFields,
    redact: ['password', 'token', 'authorization', '*.password', '*.token', '*.authorization', 'email', '*.email'],
  });
}
/** What each line says of the work that wrote it. */
export const contextFields = (): object => ({ ...logCorrelation(), user_id: currentUser() });

export type { Logger } from 'pino';
