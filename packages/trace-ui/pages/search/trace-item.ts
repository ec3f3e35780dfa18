import { formatDuration } from '@waymark/trace-model';
import { serviceLink } from '../shared/chip.ts';
import { element } from '@waymark/page-kit/element';
import { stateChip } from '../shared/headline.ts';
import type { Headline } from '../shared/headline.ts';
import { verdictOf } from './lazy-verdict.ts';
import { clockTime, dateOf, exactTime } from '../shared/moment.ts';
import { counted, shown } from '../shared/shown.ts';
import type { Summary } from './summary.ts';

const MOST_CHIPS = 6;

/** One trace of the list. `longest` is the duration of a full bar, in nanoseconds. */
export function traceItem(summary: Summary, longest: bigint): HTMLLIElement {
  const took = summary.end - summary.start;
  const item = element(
    'li',
    { className: 'trace' },
    choice(summary),
    when(summary),
    root(summary),
    duration(took, longest),
    size(summary),
    services(summary),
    judged(summary),
  );
  item.dataset['trace'] = summary.traceId;
  item.classList.toggle('failed', summary.errors > 0);
  return item;
}

function choice({ traceId, rootName }: Summary): HTMLElement {
  return element('input', {
    type: 'checkbox',
    name: 'compare',
    value: traceId,
    ariaLabel: `Compare ${shown(rootName) || traceId}`,
    className: 'pick',
  });
}

const when = ({ start }: Summary): HTMLElement =>
  element('time', { dateTime: dateOf(start).toISOString(), title: exactTime(start) }, clockTime(start));

function root({ traceId, rootService, rootName }: Summary): HTMLElement {
  const name = rootName ? shown(rootName) : 'no root span';
  return element(
    'div',
    { className: 'root' },
    element('a', { href: `/trace/${traceId}`, className: 'name' }, name),
    element('span', { className: 'soft' }, shown(rootService)),
    element('code', {}, traceId.slice(0, 8)),
  );
}

function duration(took: bigint, longest: bigint): HTMLElement {
  const bar = element('span', { className: 'took-bar' });
  // A list can have requests of a millisecond and jobs of minutes: only a logarithmic scale shows both.
  bar.style.width = `${(Math.log1p(Number(took) / 1e5) / Math.log1p(Number(longest) / 1e5)) * 100 || 0}%`;
  return element('div', { className: 'took' }, formatDuration(took), bar);
}

function size({ spans, errors }: Summary): HTMLElement {
  const failed = errors > 0 ? element('strong', { className: 'errors' }, counted(errors, 'error')) : undefined;
  return element('div', { className: 'size' }, counted(spans, 'span'), failed);
}

function services({ services }: Summary): HTMLElement {
  const chips = services
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, MOST_CHIPS)
    .map(({ name, spans }) => serviceLink(name, spans));
  const more =
    services.length > MOST_CHIPS ? element('span', { className: 'soft' }, `and ${services.length - MOST_CHIPS} more`) : undefined;
  return element('div', { className: 'chips' }, ...chips, more);
}

/** The verdict on the trace. It is computed when the item comes into view. */
function judged({ traceId, spans }: Summary): HTMLElement {
  const place = element('div', { className: 'judged' }, '…');
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    void verdictOf(traceId, spans).then((words) => showVerdict(place, words));
  });
  seen.observe(place);
  return place;
}

function showVerdict(place: HTMLElement, { word, text }: Headline): void {
  if (word) place.classList.add(word);
  place.title = text;
  place.replaceChildren(word ? stateChip(word) : '', element('span', {}, text));
}
