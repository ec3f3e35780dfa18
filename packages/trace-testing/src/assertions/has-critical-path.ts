import { criticalPath, formatDuration, type Span, type Trace } from '@waymark/trace-model';
import { incomplete, type Outcome } from './outcome.ts';
import { differences, parseSpanLine, printLine, spanLine, type SpanLine } from '../tree/span-line.ts';

/**
 * Whether the whole waited for these spans, in this order: a span a line, as in `matchTree`, but not indented. Others may come between
 * them. Can only be told of a complete trace. Throws a `SyntaxError` on a line without service and name.
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

/** How long the whole waited for each span, in nanoseconds, in the order in which it came to that. */
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
  if (path.some(([span]) => is(span))) return ', and it has, but earlier than the line before it.';
  return spans.some(is) ? ', but nothing waited for that span.' : ', but the trace has no such span.';
}

function draw(path: readonly (readonly [Span, bigint])[]): string {
  const times = path.map(([, time]) => formatDuration(time));
  const width = Math.max(0, ...times.map((time) => time.length));
  return path.map(([span], at) => `  ${times[at]?.padStart(width)}  ${spanLine(span)}`).join('\n');
}
