import type { Product } from '@waymark/contracts';
import { choose, chosenQuantity } from './basket.ts';
import { byId, element } from '@waymark/page-kit/element';
import { money } from './money.ts';
import { send } from './requests.ts';

const shown = new Map<string, { name: string; draw: (news?: Product) => void }>();

/** Returns the name of a product, or its SKU if the name is unknown. */
export const nameOf = (sku: string) => shown.get(sku)?.name ?? sku;

/** Lists the current products and returns them. Products that are already listed stay in place, so the keyboard focus stays too. */
export async function showProducts() {
  const { items } = (await send('GET', '/v1/products')).body as { items: Product[] };
  for (const product of items) {
    const known = shown.get(product.sku);
    if (known) known.draw(product);
    else byId('products', HTMLElement).append(productItem(product));
  }
  return items.map((product) => ({ ...product, name: nameOf(product.sku) }));
}

/** Shows for each product how many are in the order. */
export function drawProducts() {
  for (const { draw } of shown.values()) draw();
}

function productItem(product: Product) {
  // Some names end with a remark in parentheses.
  const [, name = product.name, remark] = /^(.*?)(?: \((.*)\))?$/.exec(product.name) ?? [];
  let latest = product;
  const stock = element('span');
  const price = element('span', { className: 'price' });
  const add = element('button', { type: 'button', onclick: () => choose({ ...latest, name }) });
  const draw = (news = latest) => {
    latest = news;
    stock.textContent = news.available === 0 ? 'Sold out' : `${news.available} in stock`;
    price.textContent = money(news.priceCents, news.currency);
    const quantity = chosenQuantity(news.sku);
    add.textContent = quantity > 0 ? `Add (${quantity})` : 'Add';
    add.ariaLabel = `${add.textContent} ${name}`;
  };
  shown.set(product.sku, { name, draw });
  draw();
  const note = element('p', { className: 'soft' }, stock, remark ? ` · ${remark}` : '');
  return element('li', { className: 'product' }, element('div', {}, element('h3', {}, name), note), price, add);
}
