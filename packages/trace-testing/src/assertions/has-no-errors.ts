import { attributeText, type Span, type Trace } from '@waymark/trace-model';
import { firstLines } from '../text/first-lines.ts';
import { incomplete, type Outcome } from './outcome.ts';
import { spanLine } from '../tree/span-line.ts';

/** Checks that no span has the status ERROR. Fails on an incomplete trace. */
export function hasNoErrors(trace: Trace): Outcome {
  const failed = trace.spans.filter(({ status }) => status.code === 'ERROR');
  if (failed.length === 0)
    return incomplete(trace) ?? { pass: true, message: `none of the ${trace.spans.length} spans has an error`, trace };
  const message = `${failed.length} of the ${trace.spans.length} spans of trace ${trace.traceId} ${failed.length === 1 ? 'has' : 'have'} an error:`;
  return { pass: false, message: `${message}\n${firstLines(failed.map(described))}`, trace };
}

function described(span: Span): string {
  const exceptions = span.events.filter(({ name }) => name === 'exception').map(({ attributes }) => attributes);
  const causes = exceptions.map((one) =>
    [one['exception.type'], one['exception.message']]
      .filter((part) => part !== undefined)
      .map(attributeText)
      .join(': '),
  );
  const reasons = [...new Set([span.status.message, ...causes])].filter(Boolean);
  return [spanLine(span), ...reasons.map((reason) => `    ${reason}`)].join('\n');
}
