import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A Jest reporter that leaves the totals of a package's run in its `test-results.json`, for `.ci/run` to sum. */
export default class JestTotals {
  constructor({ rootDir }) {
    this.file = join(rootDir, 'test-results.json');
  }

  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const totals = { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites, skipped: numPendingTests };
    writeFileSync(this.file, `${JSON.stringify(totals)}\n`);
  }
}
