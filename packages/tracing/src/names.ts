/** Every name of our own. The rest are OpenTelemetry semantic conventions. */
export const SCOPE = '@waymark/tracing';

/** Baggage keys that may cross the edge, and are copied to span attributes and log lines. */
export const BAGGAGE_ALLOWED: ReadonlySet<string> = new Set(['waymark.traffic']);

/** Longest baggage value that is kept, in characters. */
export const BAGGAGE_MAX_VALUE = 64;

/** Which attempt at a job a CONSUMER span is, counted from 1, and how many there may be. */
export const JOB_ATTEMPT = 'waymark.job.attempt';
export const JOB_MAX_ATTEMPTS = 'waymark.job.max_attempts';
