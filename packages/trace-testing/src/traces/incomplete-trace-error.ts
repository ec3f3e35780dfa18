import { printable, waterfall, type Judgement, type Trace } from '@waymark/trace-model';
import { firstLines } from '../text/first-lines.ts';

/** The trace did not become complete in time. The message lists what is missing and draws what is there, the first 20 and 40 lines of it. */
export class IncompleteTraceError extends Error {
  override readonly name = 'IncompleteTraceError';
  /** As it was when time was up. */
  readonly trace: Trace;
  readonly missing: readonly string[];

  constructor(trace: Trace, { completeness, outcome, explanation }: Judgement, { url, timeoutMs }: { url: string; timeoutMs: number }) {
    const { missing, by, undeclared } = completeness;
    const after = `after ${timeoutMs < 1000 ? `${timeoutMs} ms` : `${(timeoutMs / 1000).toFixed(1)} s`}`;
    const structure =
      (missing.length === 0 || !declares(trace)) && by === 'structure'
        ? `\nIt can only be judged by its structure: ${undeclared.map(printable).join(', ')} ${undeclared.length > 1 ? 'do' : 'does'} not declare how many spans belong to it.`
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

/** In a trace with a manifest, a service may seem to declare nothing only because what declares is missing. */
const declares = ({ spans }: Trace): boolean => spans.some(({ attributes }) => 'waymark.segment.spans' in attributes);

/** How many spans are drawn. */
const DRAWN = 40;

const list = (missing: readonly string[]): string => (missing.length === 0 ? '  a pause in which nothing more comes' : firstLines(missing));

const nothing = (traceId: string, after: string, url: string): string =>
  `trace ${traceId} is not complete ${after}: not one span of it has come to ${url}.\n` +
  'Does the service export to this backend (OTEL_EXPORTER_OTLP_ENDPOINT), soon enough (OTEL_BSP_SCHEDULE_DELAY, 5000 ms by default), and is the trace sampled?';

function hint(missing: readonly string[]): string {
  if (missing.some((line) => line.startsWith('the span ')))
    return 'Is the caller above instrumented, and does it export here? A traceparent that a test makes up itself has a parent that never comes: leave it out, and take the trace id from the answer.';
  if (missing.some((line) => /^(attempt \d|a consumer of)/.test(line)))
    return 'A job that is delayed, or waits for its next attempt, takes its time: wait longer ({ timeoutMs }), and give the test as long. Does its worker run?';
  return 'Do all services export to this backend, and soon enough (OTEL_BSP_SCHEDULE_DELAY)? Does an exporter report dropped spans?';
}
