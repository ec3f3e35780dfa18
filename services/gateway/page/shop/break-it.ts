import { byId, element } from '@waymark/page-kit/element';

/** A fault that an order can suffer on purpose. */
export interface Fault {
  readonly name: string;
  readonly title: string;
}

const list = byId('faults', HTMLElement);

/** Offers these faults for the next order. */
export function offerFaults(faults: readonly Fault[]) {
  list.replaceChildren(...faults.map(faultItem));
  byId('break-it', HTMLElement).hidden = faults.length === 0;
}

function faultItem({ name, title }: Fault) {
  const box = element('input', { type: 'checkbox', value: name });
  return element('li', {}, element('label', {}, box, element('span', {}, title)));
}

/** Returns the header that makes an order suffer the chosen faults, and clears the choice: the order after it is whole again. */
export function takeFaults(): Record<string, string> {
  const chosen = [...list.querySelectorAll('input')].filter(({ checked }) => checked);
  for (const box of chosen) box.checked = false;
  return chosen.length > 0 ? { 'x-waymark-fault': chosen.map(({ value }) => value).join() } : {};
}
