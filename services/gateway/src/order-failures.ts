import { orderApi } from '@waymark/contracts';
import { Problem } from '@waymark/service-kit';
import { meter } from '@waymark/tracing';

const failed = meter('@waymark/gateway')?.createCounter('shop.orders.failed', {
  unit: '{order}',
  description: 'Orders that could not be placed, by the code of the answer.',
});

/** Every call may fail with these. Requests without a valid session or body are not orders. */
const COMMON = ['upstream_unavailable', 'upstream_failed', 'deadline_exceeded', 'overloaded', 'internal'];

const REASONS: readonly string[] = [...Object.values(orderApi.routes.placeOrder.errors).flat(), ...COMMON];

// A counter that is born at 1 is never seen to increase.
for (const reason of REASONS) failed?.add(0, { 'shop.order.reason': reason });

/** Counts an order that fails. The gateway sees all of them, also while the order service is down. */
export async function countFailure<T>(placing: Promise<T>): Promise<T> {
  return failed ? placing.catch(countAndThrow) : placing;
}

function countAndThrow(error: unknown): never {
  const code = error instanceof Problem ? error.code : 'internal';
  if (REASONS.includes(code)) failed?.add(1, { 'shop.order.reason': code });
  throw error;
}
