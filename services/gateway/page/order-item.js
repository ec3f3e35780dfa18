// @ts-check
/** @import { Order } from '@waymark/contracts' */
import { copyButton } from './copy-button.js';
import { element } from './element.js';
import { money } from './money.js';
import { nameOf } from './products.js';
import { traceLink } from './trace-link.js';

const TITLES = { pending: 'Pending', fulfilled: 'Fulfilled', rejected: 'Rejected', cancelled: 'Cancelled', dead_letter: 'Dead letter' };

const WORDS = {
  pending: 'The shop is taking the payment.',
  slow: 'A payment attempt seems to have failed. The shop tries again, after a longer pause each time.',
  fulfilled: 'It is paid, and yours.',
  rejected: 'The shop did not accept it.',
  cancelled: 'You cancelled it. Its stock is free again.',
  dead_letter: 'The shop gave up on it, and somebody has to look into it.',
  payment_declined: 'The payment was declined. Its stock is free again.',
  reservation_lost: 'The payment came too late: its stock had been sold. The money is given back.',
  fulfilment_overdue: 'It could not be fulfilled in time. The money is given back.',
  fulfilment_failed:
    'Every attempt to take the payment failed, so the shop gave up. Somebody has to look into it; the trace shows each attempt.',
};
const SLOW_MS = 2_500;

/** @param {Order} order */
export const titleOf = ({ status }) => TITLES[status];

/** @param {Order} order */
export const linesOf = ({ lines }) => lines.map(({ sku, quantity }) => `${quantity} × ${nameOf(sku)}`).join(', ');

/** @param {Order} order */
function wordsFor({ status, reason, createdAt }) {
  if (status === 'pending' && Date.now() - Date.parse(createdAt) > SLOW_MS) return WORDS.slow;
  return WORDS[reason ?? status];
}

/**
 * An order as an item of a list, and how to show its news. While it is pending there is a button to cancel it.
 * @param {Order} order
 * @param {() => void} cancel
 */
export function orderItem(order, cancel) {
  const state = element('span');
  const words = element('p', { className: 'soft' });
  const progress = element('progress', { ariaLabel: 'Waiting for the payment' });
  const actions = element('p', { className: 'actions' });
  const cancelButton = element('button', {
    type: 'button',
    className: 'small',
    textContent: 'Cancel',
    onclick: cancel,
    ariaLabel: `Cancel ${linesOf(order)}`,
  });
  const placed = new Date(order.createdAt);
  const time = element('time', { dateTime: order.createdAt }, placed.toLocaleTimeString());
  const item = element(
    'li',
    { className: 'order', tabIndex: -1 },
    element('p', { className: 'order-head' }, state, element('span', { className: 'price' }, money(order.totalCents, order.currency))),
    element('p', {}, linesOf(order), ' ', element('span', { className: 'soft' }, 'at ', time)),
    words,
    progress,
    actions,
  );
  if (order.traceId) actions.append(traceParts(order.traceId));
  const draw = (/** @type {Order} */ news) => {
    state.className = `state ${news.status}`;
    state.textContent = titleOf(news);
    words.textContent = wordsFor(news);
    progress.hidden = news.status !== 'pending';
    if (news.status === 'pending') actions.append(cancelButton);
    else if (document.activeElement === cancelButton) item.focus();
    if (news.status !== 'pending') cancelButton.remove();
  };
  draw(order);
  return { item, draw };
}

/** @param {string} traceId */
function traceParts(traceId) {
  const parts = document.createDocumentFragment();
  const link = traceLink(traceId, 'See this order’s trace');
  link.className = 'sign';
  const id = element('code', {}, traceId);
  parts.append(link, element('span', { className: 'trace' }, id, copyButton(id, 'the trace id of this order')));
  return parts;
}
