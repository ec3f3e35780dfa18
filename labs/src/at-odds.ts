import { attributeText } from '@waymark/trace-model';
import type { Lab } from './lab.ts';

/** Finds spans whose attribute differs from that of their trace's root: the work of one request in the trace of another. */
export function atOddsWithRoot(attribute: string, code: string): NonNullable<Lab['faults']> {
  return ({ traces }) =>
    traces.flatMap(({ spans }) => {
      const root = spans.find(({ parentSpanId }) => parentSpanId === undefined);
      const expected = root?.attributes[attribute];
      if (expected === undefined) return [];
      return spans
        .filter(({ attributes }) => attributes[attribute] !== undefined && attributes[attribute] !== expected)
        .map(({ name, attributes }) => ({
          code,
          message: `\`${name}\` says ${attribute}=${attributeText(attributes[attribute])}, in the trace of ${attributeText(expected)}.`,
        }));
    });
}
