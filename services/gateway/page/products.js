// @ts-check
/** @import { Product } from '@waymark/contracts' */
import { choose, chosenQuantity } from './basket.js';
import { byId, element } from './element.js';
import { money } from './money.js';
import { send } from './requests.js';

/** @type {Map<string, { name: string, draw: (news?: Product) => void }>} */
const shown = new Map();

/** The name of a product, or its SKU where that is all we know. @param {string} sku */
export const nameOf = (sku) => shown.get(sku)?.name ?? sku;

/** Lists the products as they are now, and returns them. What is listed already stays in place, and the keyboard focus with it. */
export async function showProducts() {
  const { items } = /** @type {{ items: Product[] }} */ ((await send('GET', '/v1/products')).body);
  for (const product of items) {
    const known = shown.get(product.sku);
    if (known) known.draw(product);
    else byId('products', HTMLElement).append(productItem(product));
  }
  return items.map((product) => ({ ...product, name: nameOf(product.sku) }));
}

/** Shows of each product how many are in the order. */
export function drawProducts() {
  for (const { draw } of shown.values()) draw();
}

/** @param {Product} product */
function productItem(product) {
  // Some names end in a remark.
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
