import { criticalPath, formatDuration, type Span, type Trace } from '@waymark/trace-model';
import { incomplete, type Outcome } from './outcome.ts';
import { differences, parseSpanLine, printLine, spanLine, type SpanLine } from '../tree/span-line.ts';

/**
 * Checks that the request waited for these spans, in this order: one span per line, as in `matchTree`, but not indented. Other spans may come
 * between them. Fails on an incomplete trace. Throws a `SyntaxError` on a line without service and name.
 */
export function hasCriticalPath(trace: Trace, text: string): Outcome {
  const expected = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseSpanLine);
  if (expected.length === 0) throw new SyntaxError('the expected critical path is empty');
  const path = [...shares(trace)];
  const lost = firstLost(
    expected,
    path.map(([span]) => span),
  );
  const drawn = `the critical path of trace ${trace.traceId} is\n${draw(path)}`;
  if (!lost) return incomplete(trace) ?? { pass: true, message: drawn, trace };
  return {
    pass: false,
    message: `expected the critical path to have \`${printLine(lost)}\`${whereabouts(trace, lost, path)}\n${drawn}`,
    trace,
  };
}

/** How long the request waited for each span, in nanoseconds. The spans are in the order of the path. */
function shares(trace: Trace): Map<Span, bigint> {
  const shares = new Map<Span, bigint>();
  for (const { span, start, end } of criticalPath(trace)) shares.set(span, (shares.get(span) ?? 0n) + end - start);
  return shares;
}

function firstLost(expected: readonly SpanLine[], path: readonly Span[]): SpanLine | undefined {
  let from = 0;
  return expected.find((line) => {
    const at = path.findIndex((span, at) => at >= from && differences(line, span).length === 0);
    from = at + 1;
    return at < 0;
  });
}

function whereabouts({ spans }: Trace, line: SpanLine, path: readonly (readonly [Span, bigint])[]): string {
  const is = (span: Span): boolean => differences(line, span).length === 0;
  if (path.some(([span]) => is(span))) return '. It is on the path, but before the previous line.';
  return spans.some(is) ? ', but nothing waited for that span.' : ', but the trace has no span like this.';
}

function draw(path: readonly (readonly [Span, bigint])[]): string {
  const times = path.map(([, time]) => formatDuration(time));
  const width = Math.max(0, ...times.map((time) => time.length));
  return path.map(([span], at) => `  ${times[at]?.padStart(width)}  ${spanLine(span)}`).join('\n');
}
