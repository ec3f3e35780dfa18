// Preloaded with `node --import @waymark/tracing/register main.ts`, so that tracing can patch pg before the program imports it.
import { shutdownTracing, startTracing } from './sdk/start.ts';

startTracing();
// A program that just runs out of work does not shut tracing down: its last spans are still in the queue.
process.once('beforeExit', () => void shutdownTracing());
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.prependOnceListener(signal, () => void endBy(signal));

/** If the program doesn't handle the signal, delivers its last spans before it ends by that signal. */
async function endBy(signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
  if (process.listenerCount(signal) > 0) return;
  await shutdownTracing();
  process.kill(process.pid, signal);
}
