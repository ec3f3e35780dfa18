import { selfTimes } from './self-time.ts';
import type { Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** Spans of one service, kind and name under the same frame, put together. Times in nanoseconds. */
export interface FlameFrame {
  readonly service: string;
  readonly name: string;
  readonly spans: number;
  /** Spans whose status is ERROR. */
  readonly errors: number;
  readonly selfTime: bigint;
  /** Its self time and that of all frames below. */
  readonly totalTime: bigint;
  readonly parent: FlameFrame | undefined;
  /** The one with the most time first. */
  readonly children: readonly FlameFrame[];
}

/**
 * Where the time of a trace was spent: a frame is as wide as its total time, so frames below it never stick out. Work that ran at the same time
 * counts each time, so the whole can be longer than the trace.
 */
export function flameGraph(trace: Trace): readonly FlameFrame[] {
  const selfTime = selfTimes(trace);
  const frames = new Map<string, Draft>();
  const frameOf = new Map<SpanNode, Draft>();
  for (const node of walk(tree(trace))) {
    const { service, kind, name, status } = node.span;
    const parent = node.parent && frameOf.get(node.parent);
    const key = JSON.stringify([parent?.id, service, kind, name]);
    const frame = frames.get(key) ?? { ...EMPTY, id: frames.size, service, name, parent, children: [] };
    frames.set(key, frame);
    frameOf.set(node, frame);
    frame.spans++;
    if (status.code === 'ERROR') frame.errors++;
    frame.selfTime += selfTime.get(node.span) ?? 0n;
  }
  for (const frame of [...frames.values()].toReversed()) {
    frame.totalTime += frame.selfTime;
    if (!frame.parent) continue;
    frame.parent.totalTime += frame.totalTime;
    frame.parent.children.push(frame);
  }
  for (const { children } of frames.values()) children.sort(byTime);
  return [...frames.values()].filter(({ parent }) => !parent).sort(byTime);
}

interface Draft extends FlameFrame {
  readonly id: number;
  readonly parent: Draft | undefined;
  readonly children: Draft[];
  spans: number;
  errors: number;
  selfTime: bigint;
  totalTime: bigint;
}

const EMPTY = { spans: 0, errors: 0, selfTime: 0n, totalTime: 0n };

const byTime = (a: FlameFrame, b: FlameFrame): number => Number(b.totalTime - a.totalTime);
