import { element } from './element.ts';
import { shown } from './shown.ts';

/** A service's name beside its colour. */
export function serviceChip(service: string, color: string, more = ''): HTMLElement {
  const swatch = element('span', { className: 'swatch' });
  swatch.style.background = color;
  return element('span', { className: 'chip', title: service + more }, swatch, `${shown(service)}${more}`);
}
