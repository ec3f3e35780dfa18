import { randomUUID } from 'node:crypto';
import { PoisonError, type Message } from '@waymark/tracing';
import { z } from 'zod';
import type { Transaction } from '@waymark/service-kit';

/** A kind of job. The code that adds it and the code that handles it share this declaration. */
export interface Job<P> {
  name: string;
  payload: z.ZodType<P>;
  /**
   * `parent`: the job is part of the request. Its spans join the request's trace, which is complete when the job is done. `link`: the job
   * runs much later, runs rarely, or serves many requests. Each attempt is a trace of its own, linked to the request's trace.
   */
  trace: 'parent' | 'link';
  /** Names what the job is about. A waiting job can be cancelled by its key. */
  key?(payload: P): string;
  /** How many attempts may fail before the job becomes a dead letter. Default: the limit given to `openJobs`. */
  maxAttempts?: number;
  /** How many may run at once, in all processes together. Default: no limit besides the number of workers. */
  atOnce?: number;
  /** The version of the payload. Default: 1. */
  version?: number;
  /** Turns a payload of an older version into one of this version. */
  upgrade?(this: void, payload: unknown, version: number): unknown;
}

/** Declares a kind of job. */
export function defineJob<P>(job: Job<P>): Job<P> {
  return job;
}

/** One attempt at a job. */
export interface Attempt {
  /**
   * Call this right before each effect that cannot be undone. It throws if this worker's heartbeat is so late that another worker may have
   * got the job.
   * @throws {StaleAttemptError}
   */
  fence(): void;
}

/** This worker may no longer own the job; another one may be running it. */
export class StaleAttemptError extends Error {
  override readonly name = 'StaleAttemptError';
  constructor() {
    super('The heartbeat of this worker is too late; another worker may have got the job');
  }
}

/** Handles a kind of job. Each function may run more than once for the same job, so it must be idempotent. */
export interface JobHandler<P> {
  /**
   * Makes one attempt. If it rejects, the job is retried later. If it rejects with a `Problem` 503 or 504, something else is unavailable, and
   * the attempt does not count.
   */
  run(payload: P, attempt: Attempt): Promise<void>;
  /** Runs after the last attempt has failed, in the transaction that stores the dead letter. */
  onDeadLetter?(tx: Transaction, payload: P): Promise<void>;
  /** Runs when a dead letter is replayed, in the transaction that stores the new job. */
  onReplay?(tx: Transaction, payload: P): Promise<void>;
}

/** A kind of job together with its handler. */
export interface HandledJob {
  job: Job<unknown>;
  handler: JobHandler<unknown>;
}

/** Pairs a kind of job with its handler. */
export function handle<P>(job: Job<P>, handler: JobHandler<P>): HandledJob {
  return { job, handler };
}

/** The content of a job's row: its own id, the trace context of the request that added it, and the payload. */
const storedMessage = z.object({
  messageId: z.uuid(),
  carrier: z.record(z.string(), z.string()),
  payload: z.unknown(),
  /** Rows that were stored before versions existed have version 1. */
  version: z.int().default(1),
  /** The mode when the job was added. The request's trace relies on it, so it stays even if the kind of job changes its mode. */
  trace: z.enum(['parent', 'link']).default('parent'),
  /** How many attempts did not count because something was unavailable. */
  postponed: z.int().default(0),
});
export type StoredMessage = z.output<typeof storedMessage>;

/** The version of a payload without an envelope. */
const FOREIGN = 0;

/** Reads a job's row. Wraps a payload that has no envelope (a job added by hand) and gives it a new id. */
export function messageIn(row: unknown): StoredMessage {
  const parsed = storedMessage.safeParse(row);
  if (parsed.success) return parsed.data;
  return { messageId: randomUUID(), carrier: {}, payload: row, version: FOREIGN, trace: 'parent', postponed: 0 };
}

/** Converts a message to the form that tracing uses. */
export function tracedMessage(job: string, { messageId, trace }: Pick<StoredMessage, 'messageId' | 'trace'>): Message {
  return { system: 'graphile_worker', destination: job, id: messageId, trace };
}

/**
 * Returns the payload of a message in the current version.
 * @throws {PoisonError} with the reason, if the payload is invalid
 */
export function payloadOf<P>(job: Job<P>, message: StoredMessage): P {
  const parsed = job.payload.safeParse(inCurrentVersion(job, message));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message: what }) => `${path.join('.') || 'the payload'}: ${what}`);
  throw new PoisonError(`The payload does not match ${job.name}: ${wrong.join(', ')}`);
}

function inCurrentVersion<P>({ name, version = 1, upgrade }: Job<P>, { payload, version: stored }: StoredMessage): unknown {
  if (stored === FOREIGN) throw new PoisonError('The row has no envelope; add jobs with jobs.add');
  if (stored === version) return payload;
  if (stored > version || !upgrade)
    throw new PoisonError(`The payload of ${name} has version ${stored}, but this process only knows version ${version}`);
  try {
    return upgrade(payload, stored);
  } catch (error) {
    throw new PoisonError(`Could not upgrade the payload of ${name} from version ${stored} to ${version}`, { cause: error });
  }
}
