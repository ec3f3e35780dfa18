import type { TimelineView } from './timeline-view.ts';
import { setUrlState, urlState } from '../../shared/url-state.ts';

const MOST_IDS = 40;

/** Writes into the address what the timeline shows: the selected span, the zoom, the search, and what is collapsed (unless that is too long). */
export function writeAddress({ selected, window, words, collapsed, timeline }: TimelineView, foldWaits: boolean): void {
  const whole = window[0] === 0 && window[1] === timeline.length;
  const ids = [...collapsed].map((index) => timeline.rows[index]?.span.spanId ?? '');
  const all = collapsed.size > 0 && collapsed.size === timeline.rows.filter(({ below }) => below > 0).length;
  setUrlState({
    span: selected?.span.spanId ?? '',
    zoom: whole ? '' : window.map((place) => Math.round(timeline.scale.time(place))).join('-'),
    fold: foldWaits ? '' : 'off',
    find: words,
    collapsed: all ? 'all' : ids.length <= MOST_IDS ? ids.join('.') : '',
  });
}

/** Whether long waits are folded, which they are unless the address says otherwise. */
export const foldsWaits = (): boolean => urlState().get('fold') !== 'off';

/** Shows what the address says. `uiFind` is Jaeger's name for the search. */
export function readAddress(view: TimelineView): void {
  const state = urlState();
  const { timeline } = view;
  const [from = Number.NaN, to = Number.NaN] = (state.get('zoom') ?? '').split('-').map(Number);
  if (from >= 0 && from < to && to <= timeline.duration) view.window = [timeline.scale.place(from), timeline.scale.place(to)];
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
