import { duration, formatDuration, services } from '@waymark/trace-model';
import { serviceLink } from '../shared/chip.ts';
import { copyableId } from '@waymark/page-kit/copy-button';
import { element } from '@waymark/page-kit/element';
import { dateOf, exactTime } from '../shared/moment.ts';
import type { Timeline } from './timeline/rows.ts';
import { counted, shown } from '../shared/shown.ts';

/** Shows the name of the root, when the trace began, how long it took, and its services. `source` has links to the trace itself. */
export function drawHead(title: HTMLElement, facts: HTMLElement, timeline: Timeline, source: readonly Node[]): void {
  const { trace, rows, start, duration: length } = timeline;
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
      ...services(trace).map((service) => serviceLink(service, perService.get(service)?.length ?? 0)),
    ),
    element('span', { className: 'ids' }, copyableId(trace.traceId, 'the trace id'), ...source),
  ];
  facts.replaceChildren(...parts.filter((part) => part !== undefined));
}
