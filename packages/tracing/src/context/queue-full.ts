/** Something is waited for by as many as may wait. Nothing was done: try again later, or bring less. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}
