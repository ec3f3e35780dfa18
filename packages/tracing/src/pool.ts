// The pool of @waymark/context. Each thread starts tracing with its first traced task.
import { traceThreads } from '@waymark/context/pool';
import { shutdownTracing, startTracing } from './sdk/start.ts';

traceThreads({ start: () => startTracing(), stop: () => shutdownTracing() });

export { tracedPool, tracedTask, type TracedPool } from '@waymark/context/pool';
