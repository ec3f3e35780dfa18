import type { Order } from '@waymark/contracts';
import { copyButton } from '@waymark/page-kit/copy-button';
import { element } from '@waymark/page-kit/element';
import { money } from './money.ts';
import { nameOf } from './products.ts';
import { traceLink } from './trace-link.ts';

const TITLES = { pending: 'Pending', fulfilled: 'Fulfilled', rejected: 'Rejected', cancelled: 'Cancelled', dead_letter: 'Dead letter' };

const WORDS = {
  pending: 'The payment is being processed.',
  slow: 'A payment attempt seems to have failed. The shop retries, with a longer delay each time.',
  fulfilled: 'The order is paid and complete.',
  rejected: 'The shop rejected the order.',
  cancelled: 'You cancelled the order. Its stock was released.',
  dead_letter: 'The order failed. An operator must look into it.',
  payment_declined: 'The payment was declined. The stock was released.',
  reservation_lost: 'The payment came too late: the stock was sold. You get a refund.',
  fulfilment_overdue: 'The order could not be fulfilled in time. You get a refund.',
  fulfilment_failed: 'Every payment attempt failed, so the shop gave up. An operator must look into it; the trace shows each attempt.',
};
const SLOW_MS = 2_500;

export const titleOf = ({ status }: Order) => TITLES[status];

export const linesOf = ({ lines }: Order) => lines.map(({ sku, quantity }) => `${quantity} × ${nameOf(sku)}`).join(', ');

function wordsFor({ status, reason, createdAt }: Order) {
  if (status === 'pending' && Date.now() - Date.parse(createdAt) > SLOW_MS) return WORDS.slow;
  return WORDS[reason ?? status];
}

/** Returns a list item for an order, and a function that updates it. A pending order has a button to cancel it. */
export function orderItem(order: Order, cancel: () => void) {
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
  const draw = (news: Order) => {
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

function traceParts(traceId: string) {
  const parts = document.createDocumentFragment();
  const link = traceLink(traceId, 'See this order’s trace');
  link.className = 'sign';
  const id = element('code', {}, traceId);
  parts.append(link, element('span', { className: 'trace' }, id, copyButton(id, 'the trace id of this order')));
  return parts;
}
