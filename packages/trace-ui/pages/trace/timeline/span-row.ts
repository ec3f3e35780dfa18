import { JOB_ATTEMPT } from '@waymark/semantic-conventions';
import { attributeNumber, attributeText, formatDuration } from '@waymark/trace-model';
import type { Span } from '@waymark/trace-model';
import { element } from '@waymark/page-kit/element';
import { swatch } from '../../shared/chip.ts';
import { colorOf } from '../../shared/service-color.ts';
import { shown } from '../../shared/shown.ts';
import type { Row } from './rows.ts';
import type { Stretch } from './time-scale.ts';

const INDENT = 14;
const DEEPEST = 16;

/** How a row looks now. */
export interface RowLook {
  readonly window: Stretch;
  /** The folded waits, as places. */
  readonly folds: readonly Stretch[];
  readonly collapsed: boolean;
  readonly active: boolean;
  readonly selected: boolean;
  /** Whether it matches the search; undefined without a search. */
  readonly match: boolean | undefined;
}

/** A row of the timeline: the span in its place in the tree, and its time. */
export function spanRow(row: Row, look: RowLook): HTMLElement {
  const made = element('div', { id: `row-${row.index}`, role: 'row', className: 'row' }, nameCell(row, look), timeCell(row, look));
  made.ariaLevel = String(row.node.depth + 1);
  made.ariaRowIndex = String(row.index + 1);
  made.ariaSelected = String(look.selected);
  if (row.below > 0) made.ariaExpanded = String(!look.collapsed);
  made.classList.toggle('active', look.active);
  made.classList.toggle('match', look.match === true);
  made.classList.toggle('no-match', look.match === false);
  return made;
}

function nameCell(row: Row, { collapsed }: RowLook): HTMLElement {
  const { span, node } = row;
  const away = span.service !== node.parent?.span.service;
  const cell = element(
    'div',
    { role: 'gridcell', className: 'name-cell' },
    element('span', { className: 'toggle', ariaHidden: 'true' }, row.below === 0 ? '' : collapsed ? '▸' : '▾'),
    swatch(span.service),
    element('span', { className: away ? 'service' : 'unseen' }, shown(span.service)),
    element('span', { className: 'name' }, shown(span.name) || '(no name)'),
    ...facts(span),
    ...marks(row, collapsed),
  );
  cell.style.paddingInlineStart = `${Math.min(node.depth, DEEPEST) * INDENT}px`;
  const reason = span.status.code === 'ERROR' ? reasonOf(span) : '';
  cell.title = shown(`${span.service}: ${span.name}${reason ? `\n${reason}` : ''}`);
  return cell;
}

/** The HTTP status, and the number of the attempt at a job or request. */
function facts({ attributes, kind }: Span): HTMLElement[] {
  const status = attributes['http.response.status_code'];
  const attempt = attributeNumber(attributes[JOB_ATTEMPT]);
  const resend = attributeNumber(attributes['http.request.resend_count']);
  const words = [
    ...(status === undefined ? [] : [attributeText(status)]),
    ...(attempt === undefined || kind !== 'CONSUMER' ? [] : [`attempt ${attempt}`]),
    ...(resend === undefined ? [] : [`attempt ${resend + 1}`]),
  ];
  return words.map((word) => element('span', { className: 'fact' }, shown(word)));
}

/** The type and the message of an error. */
function reasonOf({ attributes, events, status }: Span): string {
  const exception = events.find(({ name }) => name === 'exception')?.attributes;
  const type = attributeText(attributes['error.type'] ?? exception?.['exception.type'] ?? '');
  const message = status.message || attributeText(exception?.['exception.message'] ?? '');
  const httpStatus = attributeText(attributes['http.response.status_code'] ?? '');
  return [type === httpStatus ? '' : type, message].filter(Boolean).join(': ');
}

function marks({ span, findings, below }: Row, collapsed: boolean): HTMLElement[] {
  const broken = findings.filter(({ severity }) => severity === 'error');
  const codes = [...new Set(broken.map(({ code }) => code))];
  const marks = codes.slice(0, 1).map((code) => element('span', { className: 'tag' }, code));
  if (codes.length > 1) marks.push(element('span', { className: 'soft' }, `+${codes.length - 1}`));
  if (span.status.code === 'ERROR') marks.unshift(element('span', { className: 'error-word' }, `✕ ${shown(reasonOf(span)) || 'error'}`));
  if (span.links.length > 0) marks.push(element('span', { className: 'soft' }, `↗ ${span.links.length}`));
  if (collapsed) marks.push(element('span', { className: 'hidden-count' }, `+${below}`));
  return marks;
}

function timeCell(row: Row, { window, folds }: RowLook): HTMLElement {
  const cell = element('div', { role: 'gridcell', className: 'time-cell' });
  const label = element(
    'span',
    { className: 'took' },
    (row.span.status.code === 'ERROR' ? '✕ ' : '') + formatDuration(row.span.end - row.span.start),
  );
  const bar = stretch('bar', [row.start, row.end], window);
  bar.style.background = colorOf(row.span.service);
  if (row.span.status.code === 'ERROR') cell.classList.add('failed');
  cell.append(
    ...folds.map((fold) => stretch('fold', fold, window)),
    bar,
    ...row.critical.map((section) => stretch('critical', section, window)),
    ...eventTicks(row, window),
    label,
  );
  placeLabel(label, row, window);
  return cell;
}

function stretch(className: string, [from, to]: Stretch, window: Stretch): HTMLElement {
  const made = element('span', { className });
  const left = percent(from, window);
  made.style.left = `${left}%`;
  made.style.width = `${Math.max(0, percent(to, window) - left)}%`;
  return made;
}

function eventTicks({ events }: Row, window: Stretch): HTMLElement[] {
  return events.map((place) => {
    const tick = element('span', { className: 'event' });
    tick.style.left = `${percent(place, window)}%`;
    return tick;
  });
}

/** Puts the label after the bar if there is room, or else before it. If the bar is outside the window, the label is at the edge, with an arrow. */
function placeLabel(label: HTMLElement, row: Row, window: Stretch): void {
  const from = percent(row.start, window);
  const to = percent(row.end, window);
  if (from > 100) label.textContent += ' →';
  if (to < 0) label.textContent = `← ${label.textContent}`;
  if (to <= 80) label.style.left = `max(0%, ${Math.max(0, to)}%)`;
  else if (from >= 20) label.style.right = `${100 - Math.min(100, from)}%`;
  else label.classList.add('inside');
}

/** Limited, because huge elements are slow, and far outside the window nobody sees the difference. */
const percent = (time: number, [from, to]: Stretch): number => Math.min(200, Math.max(-100, ((time - from) / (to - from)) * 100));
