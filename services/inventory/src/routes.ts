import type { inventoryApi } from '@waymark/contracts';
import { Problem, type Handlers } from '@waymark/service-kit';
import { commitReservation } from './commit-reservation.ts';
import { listProducts } from './inventory-db.ts';
import type { Parts } from './parts.ts';
import { releaseReservation } from './release-reservation.ts';
import { reserve } from './reserve.ts';

export const routes = (parts: Parts): Handlers<typeof inventoryApi> => ({
  listProducts: async () => ({ items: await listProducts(parts.db) }),
  getProduct: async ({ params }) => {
    const product = await parts.products.find(params.sku);
    if (!product) throw new Problem(404, 'unknown_product', `The product "${params.sku}" does not exist.`);
    return product;
  },
  reserve: ({ body }) => reserve(parts, body.orderId, body.lines),
  commit: ({ params }) => commitReservation(parts, params.orderId),
  release: ({ params }) => releaseReservation(parts, params.orderId),
});
