import { dependencies, formatDuration, type Trace } from '@waymark/trace-model';
import type { Outcome } from './outcome.ts';

/** Checks that one service calls another in this trace, sends it messages, or uses that database (`postgresql/order`). */
export function calls(trace: Trace, from: string, to: string): Outcome {
  const edges = dependencies([trace]);
  const found = edges.some((edge) => edge.from === from && edge.to === to);
  const list = edges.map((edge) => {
    const errors = edge.errors > 0 ? `, ${edge.errors} failed` : '';
    return `  ${edge.from} → ${edge.to}  ${edge.calls} × ${edge.kind}, median ${formatDuration(edge.latency.p50)}${errors}`;
  });
  const there = list.length > 0 ? `the calls are\n${list.join('\n')}` : 'no service calls another';
  if (found) return { pass: true, message: `${from} calls ${to}; in trace ${trace.traceId} ${there}`, trace };
  const names = new Set(edges.flatMap((edge) => [edge.from, edge.to]).concat(trace.spans.map(({ service }) => service)));
  const unknown = [from, to].filter((name) => !names.has(name)).map((name) => `${name} is not in the trace. `);
  return { pass: false, message: `expected a call ${from} → ${to}. ${unknown.join('')}In trace ${trace.traceId} ${there}`, trace };
}
