/** Jest matchers for traces: `import '@waymark/trace-testing/jest'`. */
import { expect } from '@jest/globals';
import { traceMatchers, type TraceMatchers } from './matchers/matchers.ts';
import { traceSnapshot } from './matchers/trace-snapshot.ts';

/* oxlint-disable typescript/no-unused-vars, typescript/no-empty-object-type, typescript/no-namespace -- TypeScript merges an interface only with another of the same type parameters */
declare module 'expect' {
  // For `import { expect } from '@jest/globals'`.
  interface Matchers<R extends void | Promise<void>, T = unknown> extends TraceMatchers<R> {}
}
declare global {
  namespace jest {
    // For the global `expect` of @types/jest.
    interface Matchers<R, T = {}> extends TraceMatchers<R> {}
  }
}
/* oxlint-enable */

expect.extend(traceMatchers);
expect.addSnapshotSerializer(traceSnapshot);
