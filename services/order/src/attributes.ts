/** The shop's own span attributes. */
export const ORDER_ID = 'shop.order.id';
export const ORDER_STATUS = 'shop.order.status';
export const ORDER_REASON = 'shop.order.reason';
export const PAYMENT_OUTCOME = 'shop.payment.outcome';
export const PAYMENT_AMOUNT = 'shop.payment.amount_cents';
