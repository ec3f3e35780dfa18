import type { Line, Product } from '@waymark/contracts';
import { byId, element } from '@waymark/page-kit/element';
import { money } from './money.ts';
import { say } from './notices.ts';

const MOST = 1_000;

const STORED_AS = 'waymark.basket';

const chosen = new Map<string, { product: Product; quantity: number }>();
let key = crypto.randomUUID();

/** Emits `change` when the content of the order changes. */
export const basket = new EventTarget();

export const chosenLines = (): Line[] => Array.from(chosen, ([sku, { quantity }]) => ({ sku, quantity }));

export const chosenQuantity = (sku: string) => chosen.get(sku)?.quantity ?? 0;

/** Stays the same until the order changes or is placed, so that a repeated request does not place a second order. */
export const idempotencyKey = () => key;

/** Call this when the request has been answered: the next request is a new order. */
export function renewKey() {
  key = crypto.randomUUID();
  store();
}

/** What this tab keeps across a reload: the key too, so that an order whose answer was lost is still one order. */
const store = () => sessionStorage.setItem(STORED_AS, JSON.stringify({ key, lines: chosenLines() }));

/** Fills the basket as it was before the page was reloaded, if it is empty. */
export function restoreBasket(products: Product[]) {
  const stored = JSON.parse(sessionStorage.getItem(STORED_AS) ?? 'null');
  if (!stored || chosen.size > 0) return;
  for (const { sku, quantity } of stored.lines) {
    const product = products.find((one) => one.sku === sku);
    if (product) chosen.set(sku, { product, quantity });
  }
  drawLines();
  key = stored.key;
  store();
}

export function choose(product: Product) {
  const quantity = Math.min(chosenQuantity(product.sku) + 1, MOST);
  chosen.set(product.sku, { product, quantity });
  say(`${product.name}: ${quantity} in your order`);
  drawLines();
}

/** Removes lines that have been ordered. Lines that the user added in the meantime stay. */
export function takeOut(lines: Line[]) {
  for (const { sku, quantity } of lines) {
    const line = chosen.get(sku);
    if (!line) continue;
    line.quantity -= quantity;
    if (line.quantity < 1) chosen.delete(sku);
  }
  drawLines();
}

function drawLines() {
  byId('order-lines', HTMLElement).replaceChildren(...Array.from(chosen.values(), lineOf));
  byId('order-empty', HTMLElement).hidden = chosen.size > 0;
  byId('order-form', HTMLElement).hidden = chosen.size === 0;
  changed();
}

function changed() {
  renewKey();
  const lines = [...chosen.values()];
  const total = money(
    lines.reduce((sum, { product, quantity }) => sum + product.priceCents * quantity, 0),
    'EUR',
  );
  const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  byId('order-total', HTMLElement).textContent = total;
  const link = byId('to-order', HTMLElement);
  link.hidden = pieces === 0;
  link.textContent = `Your order: ${pieces} ${pieces === 1 ? 'piece' : 'pieces'}, ${total}`;
  basket.dispatchEvent(new Event('change'));
}

function lineOf(line: { product: Product; quantity: number }) {
  const { sku, name, priceCents, currency } = line.product;
  const price = element('span', { className: 'price' });
  const draw = () => Object.assign(price, { textContent: money(priceCents * line.quantity, currency) });
  const input = element('input', { type: 'number', min: '1', max: `${MOST}`, required: true, value: `${line.quantity}` });
  input.ariaLabel = `Quantity of ${name}`;
  input.addEventListener('input', () => {
    if (!input.validity.valid) return;
    line.quantity = input.valueAsNumber;
    draw();
    changed();
  });
  const remove = element('button', { type: 'button', className: 'small', textContent: 'Remove', ariaLabel: `Remove ${name}` });
  remove.addEventListener('click', () => {
    chosen.delete(sku);
    drawLines();
    say(`${name} is no longer in your order`);
    byId('order', HTMLElement).focus();
  });
  draw();
  return element('li', { className: 'line' }, input, element('span', {}, name), price, remove);
}
