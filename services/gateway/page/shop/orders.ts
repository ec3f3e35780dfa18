import type { Order } from '@waymark/contracts';
import { byId } from '@waymark/page-kit/element';
import { hideProblem, say, showProblem } from './notices.ts';
import { linesOf, orderItem, titleOf } from './order-item.ts';
import { Problem } from './requests.ts';
import { isLoggedIn, sendAsUser } from './session.ts';

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 5_000;
const PATIENCE_MS = 300_000;
const SHOWN = 10;

/** Emits `change` when an order was placed or has ended, because the stock may have changed. */
export const orders = new EventTarget();

/** The item of each listed order, by the order's id. */
const listed = new Map<string, HTMLElement>();
const list = byId('order-list', HTMLElement);

/** Lists the user's orders, and watches those that are pending. */
export async function showOrders() {
  drawSection(true);
  const { body } = await sendAsUser('GET', `/v1/orders?limit=${SHOWN}`);
  if (!isLoggedIn()) return;
  for (const order of (body as { items: Order[] }).items) {
    // An order that was placed in the meantime is already at the top.
    if (!listed.has(order.id)) list.append(itemOf(order));
  }
}

/** Shows a new order at the top, watches it, and moves the focus there. */
export function showNewOrder(order: Order) {
  listed.get(order.id)?.remove();
  const item = itemOf(order);
  list.prepend(item);
  item.focus();
  say(`Order placed: ${linesOf(order)}. ${titleOf(order)}.`);
  orders.dispatchEvent(new Event('change'));
}

/** Call this when the user has logged out. */
export function forgetOrders() {
  list.replaceChildren();
  listed.clear();
  drawSection(false);
}

function drawSection(visible: boolean) {
  byId('orders', HTMLElement).hidden = !visible;
}

function itemOf(order: Order) {
  let current = order;
  const update = (news: Order) => {
    draw(news);
    if (news.status !== current.status) {
      say(`${linesOf(news)}: ${titleOf(news)}`);
      orders.dispatchEvent(new Event('change'));
    }
    current = news;
  };
  const cancel = async () => {
    hideProblem();
    await sendAsUser('POST', `/v1/orders/${order.id}/cancel`).then(({ body }) => update(body as Order), showProblem);
  };
  const { item, draw } = orderItem(order, () => void cancel());
  listed.set(order.id, item);
  void watch(item, () => current, update);
  return item;
}

/** Polls a pending order with growing delays until it has ended, is no longer on the page, or has taken very long. */
async function watch(item: HTMLElement, current: () => Order, update: (news: Order) => void) {
  const deadline = Date.now() + PATIENCE_MS;
  for (let ms = FIRST_PAUSE_MS; current().status === 'pending' && Date.now() < deadline; ms = Math.min(ms * 1.4, LONGEST_PAUSE_MS)) {
    await pause(ms);
    if (!item.isConnected || current().status !== 'pending') return;
    try {
      update((await sendAsUser('GET', `/v1/orders/${current().id}`)).body as Order);
    } catch (error) {
      // If the shop does not answer now, it may answer later. A rejection is final.
      if (!(error instanceof Problem)) throw error;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) return showProblem(error);
    }
  }
}

/** Waits this long, and longer while the page is hidden. */
async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  if (document.hidden) await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
}
