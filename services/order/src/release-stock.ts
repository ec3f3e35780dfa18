import { Problem } from '@waymark/service-kit';
import { annotate } from '@waymark/tracing';
import { ORDER_ID } from './attributes.ts';
import type { Parts } from './parts.ts';

/** Releases the stock of an order that was not fulfilled. Without a reservation there is nothing to release. */
export async function releaseStock({ inventory }: Parts, orderId: string): Promise<void> {
  annotate({ [ORDER_ID]: orderId });
  try {
    await inventory.release({ params: { orderId } });
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
  }
}
