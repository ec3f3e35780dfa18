import { z } from 'zod';

/** What is stored for a job: an id of its own, the trace context of who asked for it, and the payload. */
export const storedMessage = z.object({
  messageId: z.uuid(),
  carrier: z.record(z.string(), z.string()),
  payload: z.unknown(),
});
export type StoredMessage = z.output<typeof storedMessage>;

/** `messaging.system` of our jobs. */
export const SYSTEM = 'graphile_worker';
