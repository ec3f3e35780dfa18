import { promised, verdict, verify, type Finding, type Trace } from '#trace-model';
import { judge, type Judgement } from '../completeness.ts';

/** A trace and all that is said of it. */
export interface Judged extends Judgement {
  readonly trace: Trace;
  readonly findings: readonly Finding[];
  /** What is missing and no finding says. */
  readonly unsaid: readonly string[];
  readonly broken: boolean;
  readonly verdict: string;
}

/** A trace that lacks something is broken, though no rule of `verify` may be. */
export function judged(trace: Trace): Judged {
  const findings = verify(trace);
  const { missing, completeness } = judge(trace);
  const errors = findings.some(({ severity }) => severity === 'error');
  const line = verdict(trace, findings);
  const said = new Set(findings.map(({ message }) => message));
  const unsaid = missing.filter((awaited) => !said.has(promised(awaited)));
  const waits = missing.length > 0 && !errors ? line.replace(/^complete:/, 'incomplete:') : line;
  return { trace, findings, missing, unsaid, completeness, broken: errors || missing.length > 0, verdict: waits };
}

/** What `--json` prints of it, beside the spans. */
export const report = ({ trace, findings, missing, completeness, broken, verdict }: Judged): object => ({
  traceId: trace.traceId,
  verdict,
  broken,
  missing,
  completeness,
  findings,
});
