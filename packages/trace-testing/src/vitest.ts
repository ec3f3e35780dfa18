/** Vitest matchers for traces: `import '@waymark/trace-testing/vitest'`. */
import { expect } from 'vitest';
import { traceMatchers, type TraceMatchers } from './matchers/matchers.ts';
import { traceSnapshot } from './matchers/trace-snapshot.ts';

declare global {
  namespace Chai {
    // Vitest's own `Matchers` has other type parameters in each major version. Every version's `expect` extends this interface.
    interface Assertion extends TraceMatchers<void> {}
  }
}

expect.extend(traceMatchers);
expect.addSnapshotSerializer(traceSnapshot);
