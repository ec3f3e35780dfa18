import { randomUUID } from 'node:crypto';
import type { Message } from '@waymark/tracing';
import { z } from 'zod';

/** What is stored for a job: an id of its own, the trace context of who asked for it, and the payload. */
const storedMessage = z.object({
  messageId: z.uuid(),
  carrier: z.record(z.string(), z.string()),
  payload: z.unknown(),
  /** Which form the payload has. Rows from before there were several have the first. */
  version: z.int().default(1),
  /** As it was promised to the trace of who asked, whatever the kind of job has become since. */
  trace: z.enum(['parent', 'link']).default('parent'),
});
export type StoredMessage = z.output<typeof storedMessage>;

/** The version of what is no message of ours. */
export const FOREIGN = 0;

/** The message in a job's row. What is no message of ours becomes one, with an id made up for it. */
export function messageIn(row: unknown): StoredMessage {
  const parsed = storedMessage.safeParse(row);
  return parsed.success ? parsed.data : { messageId: randomUUID(), carrier: {}, payload: row, version: FOREIGN, trace: 'parent' };
}

/** The message in the terms of tracing. */
export function traced(job: string, { messageId, trace }: Pick<StoredMessage, 'messageId' | 'trace'>): Message {
  return { system: 'graphile_worker', destination: job, id: messageId, trace };
}
