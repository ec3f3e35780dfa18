import { element } from '@waymark/page-kit/element';
import { colorOf } from './service-color.ts';
import { shown } from './shown.ts';

/** A service's name beside its colour. */
export const serviceChip = (service: string): HTMLElement =>
  element('span', { className: 'chip', title: service }, swatch(service), shown(service));

/** The same with a number of spans, as a link to the traces of the service. */
export function serviceLink(service: string, spans: number): HTMLAnchorElement {
  const link = element('a', { className: 'chip', title: `Traces of ${service}` }, swatch(service), shown(service), ` ${spans}`);
  link.href = `/search?${new URLSearchParams({ service })}`;
  link.dataset['service'] = service;
  return link;
}

/** A small square in the colour of a service. */
export function swatch(service: string): HTMLElement {
  const made = element('span', { className: 'swatch' });
  made.style.background = colorOf(service);
  return made;
}
