import { defineJob } from '@waymark/jobs';
import { z } from 'zod';

const payload = z.object({ orderId: z.uuid() });
const key = ({ orderId }: z.output<typeof payload>): string => orderId;

/** The shopper waits for it: the trace of an order is complete when the order has ended. */
export const fulfilOrderJob = defineJob({ name: 'fulfil_order', payload, key, trace: 'parent' });

/** The trace of an order also shows that its stock went back. */
export const releaseStockJob = defineJob({ name: 'release_stock', payload, key, trace: 'parent' });
