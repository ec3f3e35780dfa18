import type { Trace } from './trace.ts';
import { tree, walk, type SpanNode } from './tree.ts';

/** A request or job that calls a service, directly or through others. */
export interface AffectedOperation {
  readonly service: string;
  /** The name of its SERVER or CONSUMER span, or of the root of the trace. */
  readonly name: string;
  /** The services below it that lead there: the failing one itself for a direct call. In order of their names. */
  readonly through: readonly string[];
  /** Whether it only sends messages or adds jobs there, and does not wait: it succeeds, but what it started does not. */
  readonly inBackground: boolean;
  /** In how many traces it does. */
  readonly traces: number;
}

interface Step {
  readonly key: string;
  readonly service: string;
  readonly name: string;
  readonly through: string;
  readonly later: boolean;
  readonly traceId: string;
}

/** The operations that suffer when a service fails, by these traces: everything above its spans. Sorted by service and name. */
export function impact(traces: readonly Trace[], service: string): readonly AffectedOperation[] {
  const steps = traces.flatMap((trace) =>
    walk(tree(trace))
      .filter(({ span, parent }) => span.service === service && parent !== undefined && parent.span.service !== service)
      .flatMap(stepsAbove),
  );
  return [...Map.groupBy(steps, ({ key }) => key).values()]
    .map(operation)
    .sort((a, b) => compare(a.service, b.service) || compare(a.name, b.name));
}

function stepsAbove(entry: SpanNode): Step[] {
  const steps: Step[] = [];
  let later = false;
  let next = entry.span.service;
  for (let node: SpanNode = entry; node.parent; node = node.parent) {
    const { span, parent } = node.parent;
    later ||= node.span.kind === 'CONSUMER';
    if (span.service !== node.span.service) next = node.span.service;
    const isOperation = span.kind === 'SERVER' || span.kind === 'CONSUMER' || parent === undefined;
    if (isOperation && span.service !== entry.span.service)
      steps.push({
        key: `${span.service}\u0000${span.name}`,
        service: span.service,
        name: span.name,
        through: next,
        later,
        traceId: span.traceId,
      });
  }
  return steps;
}

function operation(steps: readonly Step[]): AffectedOperation {
  const [{ service, name }] = steps as readonly [Step];
  return {
    service,
    name,
    through: [...new Set(steps.map(({ through }) => through))].sort(compare),
    inBackground: steps.every(({ later }) => later),
    traces: new Set(steps.map(({ traceId }) => traceId)).size,
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
