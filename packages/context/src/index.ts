export { batcher, QueueFullError, type Batcher, type BatcherOptions, type BatchItem } from './batcher.ts';
export { bind, outside } from './bind.ts';
export { extract, inject, messageAttributes, pack, unpack, withBaggage, type Carrier, type ReceivedCarrier } from './carrier.ts';
export {
  BEGINS_SEGMENT,
  detach,
  detachedTasks,
  drainDetached,
  inDetachedTask,
  outsideDetachedTask,
  TooManyDetachedTasksError,
} from './detach.ts';
export type { Frozen, Immutable } from './immutable.ts';
export { packageVersion } from './package-version.ts';
export { notePeer } from './peer.ts';
export { contextKey, RequestContext, type ContextKey } from './request-context.ts';
export { annotate, asError, event, fail, failActive, passRandomFlag, RANDOM_FLAG, span, spanStarter, type SpanOptions } from './span.ts';
export { within } from './within.ts';
