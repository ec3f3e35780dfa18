import { judge, verdict, type Judgement, type Trace } from '@waymark/trace-model';

/** A trace and all there is to say about it. */
export interface Judged extends Judgement {
  readonly trace: Trace;
  /** Whether it is anything but complete and sound. That its request failed does not matter. */
  readonly broken: boolean;
  readonly verdict: string;
}

export function judged(trace: Trace): Judged {
  const judgement = judge(trace);
  const broken = judgement.completeness.state !== 'complete' || !judgement.sound;
  return { ...judgement, trace, broken, verdict: verdict(trace, judgement) };
}

/** What `--json` prints of it, beside the spans. */
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
