import { judge, verdict, type Judgement, type Trace } from '@waymark/trace-model';

/** A trace with its judgement. */
export interface Judged extends Judgement {
  readonly trace: Trace;
  /** Whether it is incomplete or unsound. A failed request does not matter. */
  readonly broken: boolean;
  readonly verdict: string;
}

export function judged(trace: Trace): Judged {
  const judgement = judge(trace);
  const broken = judgement.completeness.state !== 'complete' || !judgement.sound;
  return { ...judgement, trace, broken, verdict: verdict(trace, judgement) };
}

/** What `--json` prints, without the spans. */
export const report = ({
  trace,
  verdict,
  broken,
  completeness,
  outcome: { span, ...outcome },
  sound,
  findings,
  explanation,
}: Judged): object => ({
  traceId: trace.traceId,
  verdict,
  explanation,
  broken,
  completeness,
  outcome: { ...outcome, ...(span && { spanId: span.spanId, service: span.service, name: span.name }) },
  sound,
  findings,
});
