import { tree, type Trace } from '@waymark/trace-model';
import { incomplete, type Outcome } from './outcome.ts';
import { align } from '../tree/tree-alignment.ts';
import { partings, treeDiff } from '../tree/tree-diff.ts';
import { parseTree } from '../tree/tree-pattern.ts';

/**
 * Checks that the trace has the spans of this text, each in its place, and no others. Each line is a span: service, optional kind, name, HTTP
 * status, `ERROR`, attributes as `key=value`. `*` allows any further spans. `(any order)` is for siblings that start in no fixed order.
 *
 *     gateway SERVER POST /v1/orders 409
 *       order SERVER POST /orders 409 waymark.problem.code=out_of_stock
 *         *
 */
export function matchTree(trace: Trace, text: string): Outcome {
  const alignment = align(parseTree(text), tree(trace).tops);
  if (alignment.cost === 0) return incomplete(trace) ?? { pass: true, message: `the trace matches\n${treeDiff(alignment)}`, trace };
  const places = partings(alignment);
  const waits = incomplete(trace) ? '\nThe trace is not complete: the missing spans may still arrive.' : '';
  const message =
    `trace ${trace.traceId} differs in ${places} ${places === 1 ? 'place' : 'places'}` +
    ` (- expected, + received, ! different)\n\n${treeDiff(alignment)}\n${waits}`;
  return { pass: false, message, trace };
}
