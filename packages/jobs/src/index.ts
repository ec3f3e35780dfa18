export type { DeadLetterFilter } from './dead-letters.ts';
export { defineJob, handle, StaleAttemptError, type Attempt, type HandledJob, type Job, type JobHandler } from './job.ts';
export { openJobs, type Jobs } from './jobs.ts';
