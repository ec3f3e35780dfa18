import { byId } from '@waymark/page-kit/element';
import { counted } from '../../shared/shown.ts';
import type { Row } from './rows.ts';
import type { TimelineView } from './timeline-view.ts';

const WHEEL_STEP = 1.2;

/** Connects the buttons, the search field and the wheel with the timeline. */
export function connectTools(view: TimelineView): void {
  on('collapse-all', () => view.collapseAll());
  on('expand-all', () => view.collapse([]));
  on('zoom-in', () => view.zoomBy(0.5));
  on('zoom-out', () => view.zoomBy(2));
  on('zoom-span', () => view.zoomToRow(view.selected ?? view.active));
  on('zoom-request', () => view.zoomToRow(requestOf(view)));
  on('zoom-all', () => view.zoomTo([0, view.timeline.length]));
  connectFind(view);
  const ruler = byId('ruler', HTMLElement);
  for (const host of [byId('rows', HTMLElement), byId('minimap', HTMLElement), ruler]) {
    host.addEventListener('wheel', (event) => wheel(event, view, ruler), { passive: false });
  }
}

/** With Ctrl the wheel zooms at the pointer, as on maps. Sideways it pans. */
function wheel(event: WheelEvent, view: TimelineView, ruler: HTMLElement): void {
  if (event.ctrlKey) {
    const { left, width } = ruler.getBoundingClientRect();
    view.zoomBy(event.deltaY > 0 ? WHEEL_STEP : 1 / WHEEL_STEP, Math.min(1, Math.max(0, (event.clientX - left) / width)));
  } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) view.pan(event.deltaX / 1000);
  else return;
  event.preventDefault();
}

function connectFind(view: TimelineView): void {
  const find = byId('find', HTMLInputElement);
  find.value = view.words;
  find.addEventListener('input', () => {
    view.find(find.value);
    if (view.matching.size > 0 && !(view.active && view.matching.has(view.active))) view.nextMatch(1);
  });
  find.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') view.nextMatch(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') {
      find.value = '';
      view.find('');
    }
    if (event.key === 'Enter' || event.key === 'Escape') event.preventDefault();
    if (event.key === 'Escape' || event.key === 'ArrowDown') byId('rows', HTMLElement).focus();
  });
}

/** Shows how many rows match, and which of them is the current one. */
export function showMatches({ words, matching, active }: TimelineView): void {
  const at = active ? [...matching].indexOf(active) + 1 : 0;
  byId('matches', HTMLOutputElement).textContent = !words
    ? ''
    : at > 0
      ? `${at} of ${matching.size}`
      : counted(matching.size, 'match').replace(/hs$/, 'hes');
}

/** The row whose end the caller waited for: the root, without what goes on after it. */
const requestOf = ({ timeline }: TimelineView): Row | undefined =>
  timeline.rows.find(({ node }) => node.place === 'root') ?? timeline.rows[0];

const on = (id: string, act: () => void): void => byId(id, HTMLElement).addEventListener('click', act);
