import { defineJob } from '@waymark/jobs';
import { z } from 'zod';

const payload = z.object({ orderId: z.uuid() });
const key = ({ orderId }: z.output<typeof payload>): string => orderId;

/** Mode `parent`: the trace of an order is complete only when the order has ended. */
export const fulfilOrderJob = defineJob({ name: 'fulfil_order', payload, key, trace: 'parent' });

/** Mode `parent`: the trace of an order also shows the release of its stock. */
export const releaseStockJob = defineJob({ name: 'release_stock', payload, key, trace: 'parent' });
