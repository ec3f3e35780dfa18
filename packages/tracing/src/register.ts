// `node --import @waymark/tracing/register main.ts`: tracing starts before the program's first import, so that pg is patched.
import { shutdownTracing, startTracing } from './sdk/start.ts';

startTracing();
// A program that runs out of work has not shut tracing down itself; its last spans are still in the queue.
process.once('beforeExit', () => void shutdownTracing());
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.prependOnceListener(signal, () => void endBy(signal));

/** A program that does not handle the signal would end here, and its last spans with it. It ends by the same signal, a flush later. */
async function endBy(signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
  if (process.listenerCount(signal) > 0) return;
  await shutdownTracing();
  process.kill(process.pid, signal);
}
