import { element } from '@waymark/page-kit/element';
import { flameGraph, formatDuration } from '@waymark/trace-model';
import type { FlameFrame, Trace } from '@waymark/trace-model';
import { serviceChip } from '../shared/chip.ts';
import { colorOf } from '../shared/service-color.ts';
import { counted, shown } from '../shared/shown.ts';

const ROW_PX = 26;
/** Narrower frames cannot be seen or clicked. */
const NARROWEST_PX = 2;
/** A narrower frame is no target for a keyboard or a finger. The table has it too. */
const BUTTON_PX = 24;
const MOST_ROWS = 50;

/** Draws where the time of a trace was spent, and a table of the operations with the most self time. */
export function drawFlameGraph(host: HTMLElement, trace: Trace): void {
  const tops = flameGraph(trace);
  const drawing = element('div', { className: 'flame', role: 'group', ariaLabel: 'Flame graph' });
  host.replaceChildren(
    drawing,
    element(
      'p',
      { className: 'soft' },
      'A frame is an operation of a service. Spans with the same caller are merged. The width is the self time of the operation and of everything that it called. Click a frame to zoom in, and the frame above it to zoom out.',
    ),
    operationsTable(tops),
  );
  zoomTo(drawing, tops, undefined);
}

/** Makes a frame, or all of them, as wide as the drawing. The frames above it stay as the way back. */
function zoomTo(drawing: HTMLElement, tops: readonly FlameFrame[], zoomed: FlameFrame | undefined): void {
  const width = drawing.clientWidth;
  const made: HTMLElement[] = [];
  const path: FlameFrame[] = [];
  for (let above = zoomed?.parent; above; above = above.parent) path.unshift(above);
  const draw = (frame: FlameFrame, depth: number, left: number, share: number): void => {
    const box = frameBox(frame, share * width >= BUTTON_PX);
    Object.assign(box.style, { left: `${left * 100}%`, width: `${share * 100}%`, top: `${depth * ROW_PX}px` });
    box.classList.toggle('above', path.includes(frame));
    box.addEventListener('click', () => {
      zoomTo(drawing, tops, frame === zoomed ? frame.parent : frame);
      drawing.querySelector<HTMLElement>('button:not(.above)')?.focus();
    });
    made.push(box);
  };
  for (const [depth, frame] of path.entries()) draw(frame, depth, 0, 1);
  const shown = zoomed ? [zoomed] : tops;
  const all = shown.reduce((sum, { totalTime }) => sum + totalTime, 0n);
  const level: [frames: readonly FlameFrame[], depth: number, left: number][] = [[shown, path.length, 0]];
  let depths = path.length;
  for (let next = level.pop(); next; next = level.pop()) {
    let [frames, depth, left] = next;
    for (const frame of frames) {
      const share = all > 0n ? Number(frame.totalTime) / Number(all) : 0;
      if (share * width < NARROWEST_PX) break;
      draw(frame, depth, left, share);
      depths = Math.max(depths, depth + 1);
      if (frame.children.length > 0) level.push([frame.children, depth + 1, left]);
      left += share;
    }
  }
  drawing.style.height = `${depths * ROW_PX}px`;
  drawing.replaceChildren(...made);
}

function frameBox(frame: FlameFrame, isButton: boolean): HTMLElement {
  const { service, name, spans, errors, totalTime, selfTime } = frame;
  const words = shown(`${service}: ${name || '(no name)'}`);
  const facts = [formatDuration(totalTime), `self time ${formatDuration(selfTime)}`, counted(spans, 'span')];
  if (errors > 0) facts.push(counted(errors, 'error'));
  const box = isButton ? element('button', { type: 'button' }, words) : element('span');
  box.classList.add('frame');
  box.title = `${words}\n${facts.join(', ')}`;
  if (isButton) box.ariaLabel = `${words}, ${facts.join(', ')}`;
  box.classList.toggle('failed', errors > 0);
  box.style.setProperty('--frame', colorOf(service));
  return box;
}

interface Operation {
  readonly service: string;
  readonly name: string;
  spans: number;
  errors: number;
  selfTime: bigint;
}

function operationsTable(tops: readonly FlameFrame[]): HTMLElement {
  const operations = new Map<string, Operation>();
  const waiting = [...tops];
  for (let frame = waiting.pop(); frame; frame = waiting.pop()) {
    const { service, name } = frame;
    const key = JSON.stringify([service, name]);
    const operation = operations.get(key) ?? { service, name, spans: 0, errors: 0, selfTime: 0n };
    operations.set(key, operation);
    operation.spans += frame.spans;
    operation.errors += frame.errors;
    operation.selfTime += frame.selfTime;
    waiting.push(...frame.children);
  }
  const sorted = [...operations.values()].sort((a, b) => Number(b.selfTime - a.selfTime));
  const all = sorted.reduce((sum, { selfTime }) => sum + selfTime, 0n);
  const share = (time: bigint): string => (all > 0n ? `${Math.round((Number(time) / Number(all)) * 100)} %` : '');
  const head = ['Service', 'Operation', 'Self time', 'Share', 'Spans', 'Errors'].map((text, at) =>
    element('th', { scope: 'col', className: at < 2 ? '' : 'number' }, text),
  );
  const rows = sorted
    .slice(0, MOST_ROWS)
    .map(({ service, name, spans, errors, selfTime }) =>
      element(
        'tr',
        {},
        element('td', {}, serviceChip(service)),
        element('td', {}, shown(name)),
        ...[formatDuration(selfTime), share(selfTime), String(spans)].map((text) => element('td', { className: 'number' }, text)),
        element('td', { className: 'number' }, errors > 0 ? element('span', { className: 'errors' }, `✕ ${errors}`) : '0'),
      ),
    );
  return element(
    'div',
    { className: 'table-frame', tabIndex: 0, role: 'group', ariaLabel: 'Operations' },
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows)),
  );
}
