import { job } from '@waymark/service-kit';
import { z } from 'zod';

const ofOrder = z.object({ orderId: z.uuid() });

export const fulfilOrderJob = job('fulfil_order', ofOrder);
export const releaseStockJob = job('release_stock', ofOrder);
