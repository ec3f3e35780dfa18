import type { IncomingLink, Span } from '@waymark/trace-model';
import { attributeList } from './attribute-list.ts';
import { element } from '@waymark/page-kit/element';
import type { Row, Timeline } from '../timeline/rows.ts';
import { shown } from '../../shared/shown.ts';

/** The links from and to a span, in its own trace and in others. */
export function linksOf(
  span: Span,
  { rows, rowOf, trace }: Timeline,
  incoming: readonly IncomingLink[],
  goTo: (spanId: string) => void,
): readonly HTMLElement[] {
  const to = span.links.map(({ traceId, spanId, attributes }) => {
    const inside = traceId === trace.traceId ? rowOf.get(spanId) : undefined;
    const where = inside ? 'in this trace' : traceId === trace.traceId ? 'in this trace, but missing' : 'in another trace';
    const link = element('a', { href: addressOf(traceId, spanId) }, inside ? nameOf(inside) : spanId);
    if (inside) follow(link, spanId, goTo);
    return item('to', link, where, attributeList(attributes));
  });
  const from = rows.filter((row) => row.span.links.some((link) => link.spanId === span.spanId && link.traceId === span.traceId));
  const back = from.map((row) => {
    const link = element('a', { href: `?span=${encodeURIComponent(row.span.spanId)}` }, nameOf(row));
    follow(link, row.span.spanId, goTo);
    return item('from', link, 'in this trace');
  });
  const others = incoming
    .filter(({ linkedSpanId }) => linkedSpanId === span.spanId)
    .map(({ traceId, spanId, service, name }) =>
      item('from', element('a', { href: addressOf(traceId, spanId) }, shown(`${service}: ${name}`)), 'in another trace'),
    );
  return [...to, ...back, ...others];
}

const addressOf = (traceId: string, spanId: string): string => `/trace/${encodeURIComponent(traceId)}?span=${encodeURIComponent(spanId)}`;

const nameOf = ({ span }: Row): string => shown(`${span.service}: ${span.name}`);

const item = (direction: string, link: Node, where: string, ...more: Node[]): HTMLElement =>
  element('div', { className: 'group' }, `${direction} `, link, ' ', element('span', { className: 'soft' }, where), ...more);

function follow(link: HTMLAnchorElement, spanId: string, goTo: (spanId: string) => void): void {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(spanId);
  });
}
