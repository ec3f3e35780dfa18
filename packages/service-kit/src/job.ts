import { PoisonError } from '@waymark/tracing';
import type { z } from 'zod';
import type { Transaction } from './database.ts';
import { FOREIGN, type StoredMessage } from './message.ts';

/** A kind of job: all that is to be known of it by those who ask for it and by those who do it. */
export interface Job<P> {
  name: string;
  payload: z.ZodType<P>;
  /**
   * `parent`: it is a part of what was asked for, and its spans join that trace, which is complete when it is done. `link`: it happens
   * much later, mostly not at all, or for many: each attempt is a trace of its own, linked to that one.
   */
  trace: 'parent' | 'link';
  /** What it is about: one that waits can be cancelled by it. */
  key?(payload: P): string;
  /** How often it is tried before it becomes a dead letter; without it, as often as the service's other jobs. */
  maxAttempts?: number;
  /** How many may run at once, in all processes together; without it, as many as there are workers. */
  atOnce?: number;
  /** Which form its payload has, counted from 1, which it is without it. */
  version?: number;
  /** Makes a payload of an older version one of now. */
  upgrade?(this: void, payload: unknown, version: number): unknown;
}

/** Declares a kind of job. */
export function job<P>(declared: Job<P>): Job<P> {
  return declared;
}

/** What is done for a kind of job. Each of it may be done more than once for one job: repeating must do no harm. */
export interface Deeds<P> {
  /** One attempt; rejecting means: try again later. */
  run(payload: P): Promise<void>;
  /** After the last attempt failed, in the transaction that puts the job among the dead letters. */
  bury?(tx: Transaction, payload: P): Promise<void>;
  /** Before a dead letter is tried again, in the transaction that stores the new job. */
  revive?(tx: Transaction, payload: P): Promise<void>;
}

/** A kind of job, with what is done for it. */
export interface Work {
  job: Job<unknown>;
  deeds: Deeds<unknown>;
}

/** Says what is done for a kind of job. */
export function work<P>(job: Job<P>, deeds: Deeds<P>): Work {
  return { job, deeds };
}

/**
 * The payload of a message, in the form it has now.
 * @throws {PoisonError} that says why it is none
 */
export function payloadOf<P>(job: Job<P>, message: StoredMessage): P {
  const parsed = job.payload.safeParse(ofThisVersion(job, message));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message: what }) => `${path.join('.') || 'all of it'}: ${what}`);
  throw new PoisonError(`The payload is not one of ${job.name}: ${wrong.join(', ')}`);
}

function ofThisVersion<P>({ name, version = 1, upgrade }: Job<P>, { payload, version: stored }: StoredMessage): unknown {
  if (stored === FOREIGN) throw new PoisonError('The row is no message: it was not stored by jobs.add');
  if (stored === version) return payload;
  if (stored > version || !upgrade)
    throw new PoisonError(`The payload of ${name} has version ${stored}, and only ${version} is known here`);
  try {
    return upgrade(payload, stored);
  } catch (error) {
    throw new PoisonError(`The payload of ${name} could not be brought from version ${stored} to ${version}`, { cause: error });
  }
}
