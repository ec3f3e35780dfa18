import { randomUUID } from 'node:crypto';
import { PoisonError, type Message } from '@waymark/tracing';
import { z } from 'zod';
import type { Transaction } from '@waymark/service-kit';

/** A kind of job: everything that those who add it and those who handle it must agree on. */
export interface Job<P> {
  name: string;
  payload: z.ZodType<P>;
  /**
   * `parent`: it is part of what was asked for, and its spans join that trace, which is complete when it is done. `link`: it happens
   * much later, usually not at all, or for many requests: each attempt is a trace of its own, linked to that one.
   */
  trace: 'parent' | 'link';
  /** What it is about. A waiting job can be cancelled by it. */
  key?(payload: P): string;
  /** How many attempts may fail before it becomes a dead letter; by default the service's own limit. */
  maxAttempts?: number;
  /** How many may run at once, in all processes together; by default as many as there are workers. */
  atOnce?: number;
  /** The version of its payload, from 1. Default: 1. */
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
   * Call it right before each effect that cannot be undone. Throws if this worker has been silent for so long that the job may have been
   * given to another one.
   * @throws {StaleAttemptError}
   */
  fence(): void;
}

/** This worker may no longer own the job: another may be running it. */
export class StaleAttemptError extends Error {
  override readonly name = 'StaleAttemptError';
  constructor() {
    super('This worker was silent for too long; the job may have been given to another one');
  }
}

/** What to do for a kind of job. Any of it may happen more than once for the same job, so it must be idempotent. */
export interface JobHandler<P> {
  /**
   * One attempt. Rejecting means: try again later. Rejecting with a `Problem` 503 or 504 means that something else is not available: the
   * attempt then does not count.
   */
  run(payload: P, attempt: Attempt): Promise<void>;
  /** When the last attempt has failed, in the transaction that stores the dead letter. */
  onDeadLetter?(tx: Transaction, payload: P): Promise<void>;
  /** When a dead letter is replayed, in the transaction that stores the new job. */
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

/** A job's row: an id of its own, the trace context of the request that added it, and the payload. */
const storedMessage = z.object({
  messageId: z.uuid(),
  carrier: z.record(z.string(), z.string()),
  payload: z.unknown(),
  /** Rows from before there were versions have the first. */
  version: z.int().default(1),
  /** As promised to the trace of the request, whatever the kind of job says today. */
  trace: z.enum(['parent', 'link']).default('parent'),
  /** How many attempts did not count because something was not available. */
  postponed: z.int().default(0),
});
export type StoredMessage = z.output<typeof storedMessage>;

/** The version of a payload that has no envelope. */
const FOREIGN = 0;

/** Reads a job's row. Wraps a payload that has no envelope (a job added by hand) and gives it a new id. */
export function messageIn(row: unknown): StoredMessage {
  const parsed = storedMessage.safeParse(row);
  if (parsed.success) return parsed.data;
  return { messageId: randomUUID(), carrier: {}, payload: row, version: FOREIGN, trace: 'parent', postponed: 0 };
}

/** The message in the terms of tracing. */
export function tracedMessage(job: string, { messageId, trace }: Pick<StoredMessage, 'messageId' | 'trace'>): Message {
  return { system: 'graphile_worker', destination: job, id: messageId, trace };
}

/**
 * The payload of a message, in its current version.
 * @throws {PoisonError} if no handler can understand it, saying why
 */
export function payloadOf<P>(job: Job<P>, message: StoredMessage): P {
  const parsed = job.payload.safeParse(inCurrentVersion(job, message));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message: what }) => `${path.join('.') || 'the payload'}: ${what}`);
  throw new PoisonError(`The payload does not match ${job.name}: ${wrong.join(', ')}`);
}

function inCurrentVersion<P>({ name, version = 1, upgrade }: Job<P>, { payload, version: stored }: StoredMessage): unknown {
  if (stored === FOREIGN) throw new PoisonError('The row has no envelope: it was not added by jobs.add');
  if (stored === version) return payload;
  if (stored > version || !upgrade)
    throw new PoisonError(`The payload of ${name} has version ${stored}, but this process only knows version ${version}`);
  try {
    return upgrade(payload, stored);
  } catch (error) {
    throw new PoisonError(`The payload of ${name} could not be upgraded from version ${stored} to ${version}`, { cause: error });
  }
}
