import { attributesOf, attributeText } from '../../otlp/attributes.ts';
import type { Json } from '../../otlp/decode.ts';
import type { ResourceSpansJson, SpanJson } from '../../store/read-trace.ts';
import { formatGoDuration } from '../go-duration.ts';
import { warn } from './warnings.ts';

interface Node {
  readonly span: SpanJson;
  readonly host: string;
  readonly children: Node[];
}

interface Skew {
  readonly host: string;
  readonly delta: bigint;
}

/**
 * Remarks on spans that are not inside their parents as if the clocks of two hosts differed, and on duplicates and orphans, for which that
 * cannot be said. Nothing is moved: that is Jaeger's default.
 */
export function noteClockSkew(trace: readonly ResourceSpansJson[]): void {
  const nodes = nodesOf(trace);
  const roots = rootsOf(nodes);
  const waiting = roots.map((node): [Node, Node | undefined, Skew] => [node, undefined, { host: node.host, delta: 0n }]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, parent, inherited] = next;
    const elsewhere = parent !== undefined && (node.host === '' || node.host !== inherited.host);
    const skew = elsewhere ? { host: node.host, delta: skewOf(node.span, parent.span) } : inherited;
    if (skew.delta !== 0n)
      warn(node.span, `clock skew adjustment disabled; not applying calculated delta of ${formatGoDuration(skew.delta)}`);
    for (const child of node.children) waiting.push([child, node, skew]);
  }
}

function nodesOf(trace: readonly ResourceSpansJson[]): Map<string, Node> {
  const nodes = new Map<string, Node>();
  for (const { resource, scopeSpans } of trace) {
    const host = hostOf(resource);
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      if (nodes.has(span.spanId)) warn(span, 'duplicate span IDs; skipping clock skew adjustment');
      else nodes.set(span.spanId, { span, host, children: [] });
    }
  }
  return nodes;
}

function rootsOf(nodes: ReadonlyMap<string, Node>): Node[] {
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const { parentSpanId } = node.span;
    const parent = nodes.get(parentSpanId ?? '');
    if (parent !== undefined) parent.children.push(node);
    else roots.push(node);
    if (parent === undefined && parentSpanId !== undefined)
      warn(node.span, `parent span ID=${parentSpanId} is not in the trace; skipping clock skew adjustment`);
  }
  return roots;
}

/** What tells one host from another; empty when nothing does, and then every span counts as on a host of its own. */
function hostOf(resource: Json): string {
  for (const name of ['host.id', 'host.ip', 'host.name']) {
    const value = attributesOf(resource).find(({ key }) => key === name)?.value;
    if (value === undefined) continue;
    const [first] = ((value['arrayValue'] as Json | undefined)?.['values'] ?? []) as Json[];
    return attributeText(first ?? value);
  }
  return '';
}

/** By how much the child's clock would have to be changed for it to fit into its parent, in nanoseconds. */
function skewOf(child: SpanJson, parent: SpanJson): bigint {
  const [start, end] = times(child);
  const [parentStart, parentEnd] = times(parent);
  const latency = parentEnd - parentStart - (end - start);
  // A child that took longer than its parent is asynchronous or was given up: it can only be made not to start before.
  if (latency < 0n) return start < parentStart ? parentStart - start : 0n;
  return start >= parentStart && end <= parentEnd ? 0n : parentStart + latency / 2n - start;
}

const times = (span: SpanJson): [start: bigint, end: bigint] => [BigInt(span.startTimeUnixNano ?? 0), BigInt(span.endTimeUnixNano ?? 0)];
