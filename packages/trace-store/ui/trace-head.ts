import { duration, formatDuration, services } from '@waymark/trace-model';
import { serviceChip } from './chip.ts';
import { copyableId } from './copy-button.ts';
import { element } from './element.ts';
import { dateOf, exactTime } from './moment.ts';
import type { Timeline } from './rows.ts';
import { counted, shown } from './shown.ts';
import type { ColorOf } from './service-color.ts';

/** Names the trace by its root, and says when it was, how long it took, and who took part. */
export function drawHead(title: HTMLElement, facts: HTMLElement, { trace, rows, start, length }: Timeline, color: ColorOf): void {
  const root = rows.find(({ node }) => node.place === 'root') ?? rows[0];
  const name = shown(root?.span.name ?? '') || 'A trace without spans';
  title.replaceChildren(element('span', { className: 'soft' }, shown(root?.span.service ?? '')), ' ', name);
  document.title = `${name} · Waymark`;
  const took = root && duration(root.span);
  const perService = Map.groupBy(trace.spans, ({ service }) => service);
  const errors = trace.spans.filter(({ status }) => status.code === 'ERROR').length;
  const parts = [
    element('strong', { className: 'number' }, formatDuration(BigInt(length))),
    took !== undefined && took !== BigInt(length) ? element('span', {}, `root ${formatDuration(took)}`) : undefined,
    element('span', {}, counted(trace.spans.length, 'span')),
    errors > 0 ? element('span', { className: 'errors' }, `✕ ${counted(errors, 'error')}`) : element('span', {}, 'no errors'),
    element('time', { dateTime: dateOf(start).toISOString() }, exactTime(start)),
    element(
      'span',
      { className: 'chips' },
      ...services(trace).map((service) => serviceChip(service, color(service), ` ${perService.get(service)?.length}`)),
    ),
    element(
      'span',
      { className: 'ids' },
      copyableId(trace.traceId, 'the trace id'),
      element('a', { href: `/trace/${trace.traceId}...` }, 'Compare with …'),
      element('a', { href: `/api/v3/traces/${trace.traceId}?rawTraces=true` }, 'JSON'),
    ),
  ];
  facts.replaceChildren(...parts.filter((part) => part !== undefined));
}
