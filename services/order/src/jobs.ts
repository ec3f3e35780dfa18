import { job } from '@waymark/service-kit';
import { z } from 'zod';

const payload = z.object({ orderId: z.uuid() });
const key = ({ orderId }: z.output<typeof payload>): string => orderId;

/** Whoever placed an order waits for it: its trace is complete when the order has ended. */
export const fulfilOrderJob = job({ name: 'fulfil_order', payload, key, trace: 'parent' });

/** The end of what was begun: an order's trace tells that its stock went back. */
export const releaseStockJob = job({ name: 'release_stock', payload, key, trace: 'parent' });
