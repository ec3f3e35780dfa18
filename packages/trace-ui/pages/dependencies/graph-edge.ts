import { formatDuration, isOwnJob } from '@waymark/trace-model';
import type { Dependency } from '@waymark/trace-model';
import { svg } from '@waymark/page-kit/element';
import type { Box } from './graph.ts';
import { counted } from '../shared/shown.ts';

/** How an arrow is drawn. */
interface EdgeLook {
  /** The number of calls of the busiest arrow, which is the thickest. */
  readonly most: number;
  /** Whether its numbers are near its target, not near its source. */
  readonly nearTarget: boolean;
  /** Whether the layers of the graph go from top to bottom. */
  readonly down: boolean;
}

/** An arrow with its numbers. The more calls, the thicker it is, except that a service's own jobs do not count. */
export function drawEdge(edge: Dependency, from: Box, to: Box, { most, nearTarget, down }: EdgeLook): SVGElement {
  const { path, label, anchor, below = false } = lineOf(from, to, nearTarget, down);
  const thick = isOwnJob(edge) ? 1.25 : 1.25 + 2.25 * (Math.log1p(edge.calls) / Math.log1p(most));
  const bad = edge.errors > 0;
  const line = svg('path', { d: path, 'stroke-width': thick, 'marker-end': `url(#${bad ? 'arrow-bad' : 'arrow'})` });
  const words = svg(
    'text',
    { x: label.x, y: below ? label.y + 17 : label.y - (bad ? 22 : 8), 'text-anchor': anchor },
    `${edge.calls} × ${formatDuration(edge.latency.p50)}`,
  );
  const errors = bad
    ? svg(
        'text',
        { x: label.x, y: below ? label.y + 31 : label.y - 8, 'text-anchor': anchor, class: 'bad' },
        `✕ ${counted(edge.errors, 'error')}`,
      )
    : undefined;
  const title = svg(
    'title',
    {},
    `${edge.from} → ${edge.to}: ${counted(edge.calls, edge.kind === 'message' ? 'message' : 'call')}, ${counted(edge.errors, 'error')}`,
  );
  return svg('g', { class: `edge ${edge.kind}${bad ? ' bad' : ''}` }, title, line, words, errors);
}

interface Line {
  readonly path: string;
  readonly label: { readonly x: number; readonly y: number };
  readonly anchor: 'start' | 'middle' | 'end';
  /** Whether the numbers are below the line, because the line comes from above or goes up. */
  readonly below?: boolean;
}

function lineOf(from: Box, to: Box, nearTarget: boolean, down: boolean): Line {
  if (from === to) return down ? loopAtSide(from) : loop(from);
  return down ? curveDown(from, to, nearTarget) : curve(from, to, nearTarget);
}

/** From the right side of one box to the left side of the other. An arrow that points back goes below both. */
function curve(from: Box, to: Box, nearTarget: boolean): Line {
  const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  if (x2 > x1) {
    const bend = Math.min(180, (x2 - x1) * 0.68);
    const path = `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 2} ${y2}`;
    // A curve is flat at its ends, so there the numbers do not cross it.
    const gap = x2 - x1 - to.width;
    if (gap > to.width) return { path, label: { x: (x1 + x2) / 2, y: (y1 + y2) / 2 }, anchor: 'middle' };
    return nearTarget
      ? { path, label: { x: x2 - 16, y: y2 }, anchor: 'end', below: y1 < y2 }
      : { path, label: { x: x1 + 10, y: y1 }, anchor: 'start', below: y2 < y1 };
  }
  const low = Math.max(from.y, to.y) + from.height + 34;
  const [bottom1, bottom2] = [from.x + from.width / 2, to.x + to.width / 2];
  const path = `M${bottom1} ${from.y + from.height} C${bottom1} ${low} ${bottom2} ${low} ${bottom2} ${to.y + to.height + 2}`;
  return { path, label: { x: (bottom1 + bottom2) / 2, y: low - 2 }, anchor: 'middle' };
}

/** From the bottom of one box to the top of the other. An arrow that points back goes to the right of both. */
function curveDown(from: Box, to: Box, nearTarget: boolean): Line {
  const [x1, y1] = [from.x + from.width / 2, from.y + from.height];
  const [x2, y2] = [to.x + to.width / 2, to.y];
  if (y2 > y1) {
    const bend = (y2 - y1) * 0.5;
    const path = `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2 - 2}`;
    return nearTarget
      ? { path, label: { x: x2, y: y2 - 8 }, anchor: 'middle' }
      : { path, label: { x: x1, y: y1 + 6 }, anchor: 'middle', below: true };
  }
  const [right1, right2] = [from.x + from.width, to.x + to.width];
  const [middle1, middle2] = [from.y + from.height / 2, to.y + to.height / 2];
  const far = Math.max(right1, right2) + 24;
  const path = `M${right1} ${middle1} C${far} ${middle1} ${far} ${middle2} ${right2 + 2} ${middle2}`;
  return { path, label: { x: far, y: (middle1 + middle2) / 2 }, anchor: 'end' };
}

/** A service may send to itself: out on the right, and in again below. */
function loopAtSide({ x, y, width, height }: Box): Line {
  const [side, middle] = [x + width, y + height / 2];
  return {
    path: `M${side} ${middle - 10} C${side + 30} ${middle - 16} ${side + 30} ${middle + 16} ${side + 2} ${middle + 10}`,
    label: { x: side + 4, y: middle - 14 },
    anchor: 'start',
  };
}

/** A service may send to itself: out at the top, and in again beside it. */
function loop({ x, y, width }: Box): Line {
  const centre = x + width / 2;
  return {
    path: `M${centre - 30} ${y} C${centre - 30} ${y - 34} ${centre + 30} ${y - 34} ${centre + 30} ${y - 2}`,
    label: { x: centre, y: y - 26 },
    anchor: 'middle',
  };
}
