import { formatDuration, isOwnJob } from '@waymark/trace-model';
import type { Dependency } from '@waymark/trace-model';
import { svg } from './element.ts';
import type { Box } from './graph.ts';
import { counted } from './shown.ts';

/**
 * An arrow with its numbers; the more calls, the thicker, but for a service's own jobs. `most` is the number of calls of the busiest. The
 * numbers stand near the target, or else near the source.
 */
export function drawEdge(edge: Dependency, from: Box, to: Box, most: number, nearTarget: boolean): SVGElement {
  const { path, label, anchor, below = false } = edge.from === edge.to ? loop(from) : curve(from, to, nearTarget);
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
  /** Whether the numbers stand below the line: the line comes, or goes, above. */
  readonly below?: boolean;
}

/** From the right side of one box to the left of the other; an arrow that points back goes below both. */
function curve(from: Box, to: Box, nearTarget: boolean): Line {
  const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  if (x2 > x1) {
    const bend = Math.min(180, (x2 - x1) * 0.68);
    const path = `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 2} ${y2}`;
    // A curve is flat at its ends: there numbers stand beside it, and not across.
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

/** A service may send to itself: out at the top, and in again beside it. */
function loop({ x, y, width }: Box): Line {
  const centre = x + width / 2;
  return {
    path: `M${centre - 30} ${y} C${centre - 30} ${y - 34} ${centre + 30} ${y - 34} ${centre + 30} ${y - 2}`,
    label: { x: centre, y: y - 26 },
    anchor: 'middle',
  };
}
