import { element, svg } from '@waymark/page-kit/element';
import { dependencies, isOwnJob, services } from '@waymark/trace-model';
import type { Dependency, Trace } from '@waymark/trace-model';
import { colorOf } from '../shared/service-color.ts';
import { shown } from '../shared/shown.ts';
import { dependencyTable } from './dependency-table.ts';
import { drawEdge } from './graph-edge.ts';
import { layered } from './graph-layout.ts';
import type { Placed } from './graph-layout.ts';

const BOX_HEIGHT = 40;
const MARGIN = 24;
const LETTER = 7.8;
/** With more arrows than this, their numbers would cover each other: they show when the pointer is on the arrow. */
const MANY_EDGES = 24;

/** Layers go from left to right, or on a narrow page from top to bottom. */
interface Direction {
  readonly down: boolean;
  /** Between two layers, and between two boxes of a layer. */
  readonly gap: { readonly layers: number; readonly boxes: number };
  /** How many boxes of a layer are side by side; the others go into another row. */
  readonly boxesPerRow: number;
  /** In letters. */
  readonly longestName: number;
  /** Free space beside the first layer, or beside all boxes when layers go down, for an arrow from a service to itself. */
  readonly loop: number;
  /** The drawing is shrunk to fit, but not below this share of its width: then it scrolls. */
  readonly smallest: number;
}

const ACROSS: Direction = {
  down: false,
  gap: { layers: 190, boxes: 56 },
  boxesPerRow: Infinity,
  longestName: 24,
  loop: 44,
  smallest: 0.75,
};
const DOWN: Direction = { down: true, gap: { layers: 84, boxes: 20 }, boxesPerRow: 3, longestName: 14, loop: 84, smallest: 0.55 };

/** Whether graphs are drawn from top to bottom. */
export const narrowPage = matchMedia('(max-width: 48rem)');

/** Where a box is: its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws who calls whom in these traces, and a table with the same content. Returns whether there was anything to draw. */
export function drawGraph(host: HTMLElement, traces: readonly Trace[]): boolean {
  const edges = dependencies(traces);
  const names = [...new Set([...traces.flatMap(services), ...edges.flatMap(({ from, to }) => [from, to])])];
  const databases = new Set(edges.filter(({ kind }) => kind === 'database').map(({ to }) => to));
  const drawing = draw(names, edges, databases, narrowPage.matches ? DOWN : ACROSS);
  host.replaceChildren(
    element('div', { className: 'drawing', tabIndex: 0, role: 'group', ariaLabel: 'Drawing' }, drawing),
    element(
      'p',
      { className: 'soft' },
      'Solid lines are calls and dashed lines are messages. A loop is a service that sends jobs to itself. The time is the median: of a call as the caller saw it, of a message the wait.',
    ),
    dependencyTable(edges),
  );
  return edges.length > 0;
}

function draw(names: readonly string[], edges: readonly Dependency[], databases: ReadonlySet<string>, direction: Direction): SVGSVGElement {
  const placed = inRows(layered(names, edges), direction.boxesPerRow);
  const hasLoop = edges.some(({ from, to }) => from === to);
  const { boxes, width, height } = arrange(placed, names, direction, hasLoop);
  const most = edges.reduce((most, edge) => (isOwnJob(edge) ? most : Math.max(most, edge.calls)), 1);
  const picture = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    class: edges.length > MANY_EDGES ? 'dependencies dense' : 'dependencies',
    role: 'img',
    'aria-label': 'Who calls whom; the table below says the same',
  });
  Object.assign(picture.style, { width: '100%', height: 'auto', maxWidth: `${width}px`, minWidth: `${width * direction.smallest}px` });
  picture.append(svg('defs', {}, arrow('arrow'), arrow('arrow-bad')));
  for (const edge of edges) {
    const [from, to] = [boxes.get(edge.from), boxes.get(edge.to)];
    const alone = edges.filter(({ to }) => to === edge.to).length <= edges.filter(({ from }) => from === edge.from).length;
    if (from && to) picture.append(drawEdge(edge, from, to, { most, nearTarget: alone, down: direction.down }));
  }
  for (const [name, box] of boxes) picture.append(drawBox(name, box, databases.has(name), direction.longestName));
  return picture;
}

/** Splits layers that are too wide into several. */
function inRows(placed: readonly Placed[], most: number): readonly Placed[] {
  const layers = [...Map.groupBy(placed, ({ layer }) => layer).values()];
  const rows = layers.flatMap((layer) => {
    const count = Math.max(1, Math.ceil(layer.length / most));
    const size = Math.ceil(layer.length / count);
    return Array.from({ length: count }, (_, row) => layer.slice(row * size, (row + 1) * size));
  });
  return rows.flatMap((row, layer) => row.map(({ name }, place) => ({ name, layer, place })));
}

function arrange(
  placed: readonly Placed[],
  names: readonly string[],
  { down, gap, longestName, loop }: Direction,
  hasLoop: boolean,
): { boxes: ReadonlyMap<string, Box>; width: number; height: number } {
  const longest = names.reduce((most, name) => Math.max(most, Math.min(longestName, name.length)), 8);
  const size = { width: 44 + longest * LETTER, height: BOX_HEIGHT };
  const [along, beside] = down ? [size.height, size.width] : [size.width, size.height];
  const layers = Map.groupBy(placed, ({ layer }) => layer);
  const mostBoxes = placed.reduce((most, { place }) => Math.max(most, place + 1), 1);
  const room = hasLoop ? loop : 0;
  const boxes = placed.map(({ name, layer, place }): [string, Box] => {
    const free = ((mostBoxes - (layers.get(layer)?.length ?? 1)) * (beside + gap.boxes)) / 2;
    const a = MARGIN + layer * (along + gap.layers);
    const b = MARGIN + (down ? 0 : room) + free + place * (beside + gap.boxes);
    return [name, down ? { x: b, y: a, ...size } : { x: a, y: b, ...size }];
  });
  const length = MARGIN * 2 + layers.size * (along + gap.layers) - gap.layers;
  const breadth = MARGIN * 2 + room + mostBoxes * (beside + gap.boxes) - gap.boxes;
  return { boxes: new Map(boxes), ...(down ? { width: breadth, height: length } : { width: length + 40, height: breadth + 20 }) };
}

const arrow = (id: string): SVGElement =>
  svg(
    'marker',
    { id, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto' },
    svg('path', { d: 'M0 0 8 4 0 8z' }),
  );

function drawBox(name: string, { x, y, width, height }: Box, isDatabase: boolean, longestName: number): SVGElement {
  const group = svg('g', { class: isDatabase ? 'node database' : 'node' }, svg('title', {}, shown(name)));
  group.append(svg('rect', { x, y, width, height, rx: isDatabase ? 16 : 6 }));
  if (!isDatabase) {
    const stripe = svg('rect', { x: x + 8, y: y + height / 2 - 6, width: 12, height: 12, rx: 2, class: 'stripe' });
    stripe.style.fill = colorOf(name);
    group.append(stripe);
  }
  const text = shown(name);
  group.append(
    svg(
      'text',
      { x: x + (isDatabase ? 16 : 28), y: y + height / 2 + 5 },
      text.length > longestName ? `${text.slice(0, longestName - 1)}…` : text,
    ),
  );
  return group;
}
