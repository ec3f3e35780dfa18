import type { TimelineView } from './timeline-view.ts';
import { setUrlState, urlState } from './url-state.ts';

const MOST_IDS = 40;

/** Writes into the address what the timeline shows: selected span, zoom, words looked for, and what is collapsed (if not too much). */
export function writeAddress({ selected, window, words, collapsed, timeline }: TimelineView): void {
  const whole = window[0] === 0 && window[1] === timeline.length;
  const ids = [...collapsed].map((index) => timeline.rows[index]?.span.spanId ?? '');
  const all = collapsed.size > 0 && collapsed.size === timeline.rows.filter(({ below }) => below > 0).length;
  setUrlState({
    span: selected?.span.spanId ?? '',
    zoom: whole ? '' : window.map((edge) => Math.round(edge)).join('-'),
    find: words,
    collapsed: all ? 'all' : ids.length <= MOST_IDS ? ids.join('.') : '',
  });
}

/** Shows what an address says. Jaeger's `uiFind` is understood too. */
export function readAddress(view: TimelineView): void {
  const state = urlState();
  const { timeline } = view;
  const [from = Number.NaN, to = Number.NaN] = (state.get('zoom') ?? '').split('-').map(Number);
  if (from >= 0 && from < to && to <= timeline.length) view.window = [from, to];
  view.find(state.get('find') ?? state.get('uiFind') ?? '');
  const collapsed = state.get('collapsed') ?? '';
  const indexes = collapsed
    .split('.')
    .map((id) => timeline.rowOf.get(id)?.index)
    .filter((index) => index !== undefined);
  if (collapsed === 'all') view.collapseAll();
  else if (indexes.length > 0) view.collapse(indexes);
  view.select(timeline.rowOf.get(state.get('span') ?? ''));
}
