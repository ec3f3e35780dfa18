// `node --import @waymark/tracing/register main.ts`: tracing starts before the program's first import, so that pg is patched.
import { shutdownTracing, startTracing } from './start.ts';

startTracing();
// A program that runs out of work has not shut tracing down itself; its last spans are still in the queue.
process.once('beforeExit', () => void shutdownTracing());
