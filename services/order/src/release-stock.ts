import { Problem } from '@waymark/service-kit';
import { annotate } from '@waymark/tracing';
import { ORDER_ID } from './attributes.ts';
import type { Parts } from './parts.ts';

/** Gives the stock of an order that ended without a sale back. Without a reservation there is nothing to give. */
export async function releaseStock({ inventory }: Parts, orderId: string): Promise<void> {
  annotate({ [ORDER_ID]: orderId });
  try {
    await inventory.release({ params: { orderId } });
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
  }
}
