import { dependencies, isOwnJob, services } from '@waymark/trace-model';
import type { Dependency, Trace } from '@waymark/trace-model';
import { dependencyTable } from './dependency-table.ts';
import { element, svg } from './element.ts';
import { drawEdge } from './graph-edge.ts';
import { layered } from './graph-layout.ts';
import { shown } from './shown.ts';
import type { ColorOf } from './service-color.ts';

const BOX_HEIGHT = 40;
const GAP = { across: 190, down: 56 };
const MARGIN = 24;
const SMALLEST_WIDTH = 900;
/** Room above the first row for an arrow from a service to itself. */
const LOOP = 44;
const LETTER = 7.8;
const LONGEST_NAME = 24;
/** With more arrows than this their numbers would hide each other: they show when one points at the arrow. */
const MANY_EDGES = 24;

/** Where a box stands: its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws who calls whom in these traces, and the same as a table. Says whether there was anything to draw. */
export function drawGraph(host: HTMLElement, traces: readonly Trace[], color: ColorOf): boolean {
  const edges = dependencies(traces);
  const names = [...new Set([...traces.flatMap(services), ...edges.flatMap(({ from, to }) => [from, to])])];
  const databases = new Set(edges.filter(({ kind }) => kind === 'database').map(({ to }) => to));
  const drawing = draw(names, edges, (name) => (databases.has(name) ? undefined : color(name)));
  host.replaceChildren(
    element('div', { className: 'drawing', tabIndex: 0, role: 'group', ariaLabel: 'Drawing' }, drawing),
    element(
      'p',
      { className: 'soft' },
      'Solid lines are calls, dashed ones messages; a loop is a service that sends jobs to itself. A time is the median as the caller saw it; of a message, its wait.',
    ),
    dependencyTable(edges, color),
  );
  return edges.length > 0;
}

/** `color` is undefined for what is no service, a database. */
function draw(names: readonly string[], edges: readonly Dependency[], color: (name: string) => string | undefined): SVGSVGElement {
  const placed = layered(names, edges);
  const longest = names.reduce((most, name) => Math.max(most, Math.min(LONGEST_NAME, name.length)), 8);
  const box = { width: 44 + longest * LETTER, height: BOX_HEIGHT };
  const tallest = placed.reduce((most, { place }) => Math.max(most, place + 1), 1);
  const sizes = Map.groupBy(placed, ({ layer }) => layer);
  const boxes = new Map(
    placed.map(({ name, layer, place }): [string, Box] => {
      const free = ((tallest - (sizes.get(layer)?.length ?? 1)) * (box.height + GAP.down)) / 2;
      return [name, { x: MARGIN + layer * (box.width + GAP.across), y: MARGIN + LOOP + free + place * (box.height + GAP.down), ...box }];
    }),
  );
  const width = MARGIN * 2 + sizes.size * (box.width + GAP.across) - GAP.across + 40;
  const height = MARGIN * 2 + LOOP + tallest * (box.height + GAP.down) - GAP.down + 20;
  const most = edges.reduce((most, edge) => (isOwnJob(edge) ? most : Math.max(most, edge.calls)), 1);
  const picture = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    class: edges.length > MANY_EDGES ? 'dependencies dense' : 'dependencies',
    role: 'img',
    'aria-label': 'Who calls whom; the table below says the same',
  });
  // Shrinks to fit, but not so far that it could not be read; beyond that it scrolls.
  Object.assign(picture.style, { width: '100%', height: 'auto', maxWidth: `${width}px`, minWidth: `${Math.min(width, SMALLEST_WIDTH)}px` });
  picture.append(svg('defs', {}, arrow('arrow'), arrow('arrow-bad')));
  for (const edge of edges) {
    const [from, to] = [boxes.get(edge.from), boxes.get(edge.to)];
    const alone = edges.filter(({ to }) => to === edge.to).length <= edges.filter(({ from }) => from === edge.from).length;
    if (from && to) picture.append(drawEdge(edge, from, to, most, alone));
  }
  for (const [name, place] of boxes) picture.append(drawBox(name, place, color(name)));
  return picture;
}

const arrow = (id: string): SVGElement =>
  svg(
    'marker',
    { id, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto' },
    svg('path', { d: 'M0 0 8 4 0 8z' }),
  );

function drawBox(name: string, { x, y, width, height }: Box, color: string | undefined): SVGElement {
  const group = svg('g', { class: color ? 'node' : 'node database' }, svg('title', {}, shown(name)));
  group.append(svg('rect', { x, y, width, height, rx: color ? 6 : 16 }));
  if (color) {
    const stripe = svg('rect', { x: x + 8, y: y + height / 2 - 6, width: 12, height: 12, rx: 2, class: 'stripe' });
    stripe.style.fill = color;
    group.append(stripe);
  }
  const text = shown(name);
  group.append(
    svg(
      'text',
      { x: x + (color ? 28 : 16), y: y + height / 2 + 5 },
      text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text,
    ),
  );
  return group;
}
