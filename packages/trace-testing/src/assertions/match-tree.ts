import { tree, type Trace } from '@waymark/trace-model';
import { incomplete, type Outcome } from './outcome.ts';
import { align } from '../tree/tree-alignment.ts';
import { partings, treeDiff } from '../tree/tree-diff.ts';
import { parseTree } from '../tree/tree-pattern.ts';

/**
 * Whether the trace has the spans of this text, each in its place, and no others. A line is a span: service, kind if it matters, name, HTTP
 * status, `ERROR`, attributes as `key=value`. `*` stands for any further spans, `(any order)` for siblings that start in no fixed order.
 *
 *     gateway SERVER POST /v1/orders 409
 *       order SERVER POST /orders 409 waymark.problem.code=out_of_stock
 *         *
 */
export function matchTree(trace: Trace, text: string): Outcome {
  const alignment = align(parseTree(text), tree(trace).tops);
  if (alignment.cost === 0) return incomplete(trace) ?? { pass: true, message: `the trace is like this\n${treeDiff(alignment)}`, trace };
  const places = partings(alignment);
  const waits = incomplete(trace) ? '\nThe trace is not complete: what is missing may still come.' : '';
  const message =
    `trace ${trace.traceId} is not as expected in ${places} ${places === 1 ? 'place' : 'places'}` +
    ` (- expected, + came, ! came otherwise)\n\n${treeDiff(alignment)}\n${waits}`;
  return { pass: false, message, trace };
}
