import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A Jest reporter that leaves the totals of a package's run in its `test-results.json`, and what failed, for `.ci/run`. */
export default class JestTotals {
  constructor({ rootDir }) {
    this.file = join(rootDir, 'test-results.json');
  }

  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites, testResults }) {
    const totals = { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites, skipped: numPendingTests };
    const failures = testResults.flatMap(({ testFilePath, testExecError, testResults: tests }) => [
      ...(testExecError ? [`${testFilePath} could not run`] : []),
      ...tests.filter(({ status }) => status === 'failed').map(({ fullName }) => `${testFilePath}: ${fullName}`),
    ]);
    writeFileSync(this.file, `${JSON.stringify({ ...totals, failures })}\n`);
  }
}
