import { printable, waterfall, type Judgement, type Trace } from '@waymark/trace-model';
import { firstLines } from '../text/first-lines.ts';

/** The trace was not complete in time. The message lists what is missing (at most 20 lines) and draws the spans that arrived (at most 40). */
export class IncompleteTraceError extends Error {
  override readonly name = 'IncompleteTraceError';
  /** The trace at the end of the wait. */
  readonly trace: Trace;
  readonly missing: readonly string[];

  constructor(trace: Trace, { completeness, outcome, explanation }: Judgement, { url, timeoutMs }: { url: string; timeoutMs: number }) {
    const { missing, by, undeclared } = completeness;
    const after = `after ${timeoutMs < 1000 ? `${timeoutMs} ms` : `${(timeoutMs / 1000).toFixed(1)} s`}`;
    const structure =
      (missing.length === 0 || !declares(trace)) && by === 'structure'
        ? `\nIt can only be judged by its structure: ${undeclared.map(printable).join(', ')} ${undeclared.length > 1 ? 'do' : 'does'} not declare a number of spans.`
        : '';
    const failure = outcome.state === 'ok' ? '' : `\n${explanation}`;
    super(
      trace.spans.length === 0
        ? nothing(trace.traceId, after, url)
        : `trace ${trace.traceId} is not complete ${after}: still waiting for\n${list(missing)}${structure}${failure}\n\n${waterfall(trace, { width: 110, spans: DRAWN })}\n\n${hint(missing)}`,
    );
    this.trace = trace;
    this.missing = missing;
  }
}

/** In a trace with a manifest, a service can seem to declare nothing because the span that declares is missing. */
const declares = ({ spans }: Trace): boolean => spans.some(({ attributes }) => 'waymark.segment.spans' in attributes);

/** The number of spans that are drawn. */
const DRAWN = 40;

const list = (missing: readonly string[]): string =>
  missing.length === 0 ? '  a pause in which no more spans arrive' : firstLines(missing);

const nothing = (traceId: string, after: string, url: string): string =>
  `trace ${traceId} is not complete ${after}: none of its spans has arrived at ${url}.\n` +
  'Does the service export to this backend (OTEL_EXPORTER_OTLP_ENDPOINT), soon enough (OTEL_BSP_SCHEDULE_DELAY, 5000 ms by default), and is the trace sampled?';

function hint(missing: readonly string[]): string {
  if (missing.some((line) => line.startsWith('the span ')))
    return 'Is the caller above instrumented, and does it export here? If the test made up a traceparent, its parent never arrives: send none, and take the trace id from the response.';
  if (missing.some((line) => /^(attempt \d|a consumer of)/.test(line)))
    return 'Is the job delayed, or waiting for its next attempt? Then wait longer ({ timeoutMs }), and raise the timeout of the test. Is its worker running?';
  return 'Do all services export to this backend, and soon enough (OTEL_BSP_SCHEDULE_DELAY)? Does an exporter report dropped spans?';
}
