import { duration, formatDuration } from '@waymark/trace-model';
import type { Finding, IncomingLink, Span } from '@waymark/trace-model';
import { attributeGroups, attributeList } from './attribute-list.ts';
import { serviceChip } from '../../shared/chip.ts';
import { copyableId } from '@waymark/page-kit/copy-button';
import { element } from '@waymark/page-kit/element';
import { exactTime } from '../../shared/moment.ts';
import type { Row, Timeline } from '../timeline/rows.ts';
import { shown } from '../../shared/shown.ts';
import { linksOf } from './span-links.ts';

/** What the details need from the page. */
export interface DetailParts {
  readonly timeline: Timeline;
  /** In nanoseconds. */
  readonly selfTime: bigint;
  /** The spans of other traces that link to this trace. */
  readonly incoming: readonly IncomingLink[];
  readonly goTo: (spanId: string) => void;
  readonly close: () => void;
}

/** Everything that is known about a span. */
export function spanDetail(row: Row, parts: DetailParts): readonly Node[] {
  const { span } = row;
  const close = element('button', { type: 'button', className: 'small close' }, 'Close');
  close.addEventListener('click', parts.close);
  return [
    element('div', { className: 'detail-head' }, element('h2', {}, shown(span.name) || '(no name)'), close),
    element(
      'p',
      { className: 'detail-line' },
      serviceChip(span.service),
      element('span', { className: 'soft' }, span.kind.toLowerCase()),
      status(span),
    ),
    ...row.findings.map(findingNote),
    times(row, parts),
    ...section(
      'Attributes',
      attributeGroups(span.attributes, (name, text) => searchLink(span, name, text)),
    ),
    ...section(
      'Events',
      span.events.map((event) => eventItem(event, span)),
    ),
    ...section('Links', linksOf(span, parts.timeline, parts.incoming, parts.goTo)),
    ...section('Ids', [ids(span, parts)]),
    ...section('Resource', attributeGroups(span.resource.attributes)),
    ...section('Scope', [scope(span)]),
  ];
}

function section(heading: string, content: readonly Node[]): readonly Node[] {
  return content.length === 0 ? [] : [element('section', {}, element('h3', {}, heading), ...content)];
}

function status({ status }: Span): HTMLElement {
  if (status.code !== 'ERROR') return element('span', { className: 'soft' }, status.code === 'OK' ? 'status ok' : 'status unset');
  return element('span', { className: 'errors' }, `✕ error${status.message ? `: ${shown(status.message)}` : ''}`);
}

const findingNote = ({ code, message, cause }: Finding): HTMLElement =>
  element(
    'div',
    { className: 'finding-note' },
    element('span', { className: 'tag' }, code),
    element('p', {}, message),
    element('p', { className: 'soft' }, `Likely: ${cause}`),
  );

function times(row: Row, { selfTime, timeline }: DetailParts): HTMLElement {
  const onPath = row.critical.reduce((sum, [from, to]) => sum + to - from, 0);
  const share = Math.round((onPath / timeline.duration) * 100);
  const facts: [string, string][] = [
    ['took', formatDuration(duration(row.span))],
    ['self time', formatDuration(selfTime)],
    ['started after', formatDuration(row.span.start - timeline.start)],
    ['critical path', onPath > 0 ? `${formatDuration(BigInt(onPath))}, ${share} %` : 'not on it'],
  ];
  return element(
    'dl',
    { className: 'times' },
    ...facts.map(([name, text]) => element('div', {}, element('dt', {}, name), element('dd', {}, text))),
  );
}

function searchLink({ service }: Span, name: string, text: string): HTMLElement {
  const query = new URLSearchParams({ service, tags: JSON.stringify({ [name]: text }) });
  return element('a', { href: `/search?${query}`, className: 'search-link', ariaLabel: `Traces with this ${shown(name)}` }, 'search');
}

function eventItem({ time, name, attributes }: Span['events'][number], span: Span): HTMLElement {
  const after = element('span', { className: 'soft' }, `after ${formatDuration(time - span.start)}`);
  return element('div', { className: 'group' }, element('h4', {}, shown(name) || 'event', ' ', after), attributeList(attributes));
}

function ids(span: Span, { goTo }: DetailParts): HTMLElement {
  const parent = element('button', { type: 'button', className: 'small' }, 'Go to parent');
  parent.addEventListener('click', () => goTo(span.parentSpanId ?? ''));
  const log = `trace_id=${span.traceId} span_id=${span.spanId}`;
  const pairs: [string, Node | string][] = [
    ['span', copyableId(span.spanId, 'the span id')],
    ['trace', copyableId(span.traceId, 'the trace id')],
    ['in logs', copyableId(log, 'both ids as logs have them')],
    [
      'parent',
      span.parentSpanId === undefined
        ? 'none'
        : element('span', { className: 'copyable' }, element('code', {}, shown(span.parentSpanId)), parent),
    ],
    ['started', exactTime(span.start)],
  ];
  return element(
    'dl',
    { className: 'attributes ids' },
    ...pairs.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  );
}

function scope({ scope, dropped }: Span): HTMLElement {
  const lost = Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  const name = [scope.name, scope.version].filter(Boolean).map(shown).join(' ') || 'not named';
  return element(
    'div',
    {},
    element('p', {}, name),
    attributeList(scope.attributes),
    lost.length > 0 ? element('p', { className: 'errors' }, `The SDK dropped ${lost.join(', ')}.`) : '',
  );
}
