import { byId } from '@waymark/page-kit/element';
import type { Row } from './rows.ts';
import type { TimelineView } from './timeline-view.ts';

const PAGE_ROWS = 15;

type Act = (view: TimelineView) => void;

/** The keys of the tree (ARIA Authoring Practices, treegrid). */
const KEYS: Readonly<Record<string, Act>> = {
  ArrowDown: (view) => move(view, 1),
  ArrowUp: (view) => move(view, -1),
  PageDown: (view) => move(view, PAGE_ROWS),
  PageUp: (view) => move(view, -PAGE_ROWS),
  Home: (view) => view.goTo(view.open[0]),
  End: (view) => view.goTo(view.open.at(-1)),
  ArrowRight: (view) => inwards(view),
  ArrowLeft: (view) => outwards(view),
  'Shift+ArrowRight': (view) => view.collapse([]),
  'Shift+ArrowLeft': (view) => view.collapseAll(),
  'Alt+ArrowRight': (view) => view.pan(0.25),
  'Alt+ArrowLeft': (view) => view.pan(-0.25),
  Enter: (view) => view.select(view.selected === view.active ? undefined : view.active),
  ' ': (view) => view.select(view.selected === view.active ? undefined : view.active),
  Escape: (view) => view.select(undefined),
  '+': (view) => view.zoomBy(0.5),
  '=': (view) => view.zoomBy(0.5),
  '-': (view) => view.zoomBy(2),
  '0': (view) => view.zoomTo([0, view.timeline.length]),
};

/** Connects the keyboard to the tree. A letter starts a search. */
export function connectKeys(view: TimelineView): void {
  const rows = byId('rows', HTMLElement);
  rows.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey) return;
    const act = KEYS[`${event.altKey ? 'Alt+' : ''}${event.shiftKey && event.key.startsWith('Arrow') ? 'Shift+' : ''}${event.key}`];
    if (act) {
      event.preventDefault();
      act(view);
    } else if (!event.altKey && /^(\/|\p{L})$/u.test(event.key)) {
      event.preventDefault();
      beginToFind(event.key);
    }
  });
  rows.addEventListener('focus', () => {
    if (!view.active && rows.matches(':focus-visible')) view.goTo(view.selected ?? view.open[0]);
  });
}

function beginToFind(key: string): void {
  const find = byId('find', HTMLInputElement);
  find.value = key === '/' ? '' : key;
  find.focus();
  find.dispatchEvent(new Event('input'));
}

function move(view: TimelineView, step: number): void {
  const at = view.active ? view.open.indexOf(view.active) : -1;
  view.goTo(view.open[Math.min(view.open.length - 1, Math.max(0, at + step))]);
}

function inwards(view: TimelineView): void {
  const row = view.active;
  if (!row || row.below === 0) return;
  if (view.collapsed.has(row.index)) view.toggle(row);
  else view.goTo(view.timeline.rows[row.index + 1]);
}

function outwards(view: TimelineView): void {
  const row: Row | undefined = view.active;
  if (!row) return;
  if (row.below > 0 && !view.collapsed.has(row.index)) view.toggle(row);
  else view.goTo(view.parentOf(row));
}
