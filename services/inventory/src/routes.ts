import type { inventoryApi } from '@waymark/contracts';
import { Problem, type Database, type Handlers } from '@waymark/service-kit';
import { commitReservation } from './commit-reservation.ts';
import { findProduct, listProducts } from './inventory-db.ts';
import { releaseReservation } from './release-reservation.ts';
import { reserve } from './reserve.ts';

export interface Parts {
  db: Database;
  ttlSeconds: number;
}

export const routes = ({ db, ttlSeconds }: Parts): Handlers<typeof inventoryApi> => ({
  listProducts: async () => ({ items: await listProducts(db) }),
  getProduct: async ({ params }) => {
    const product = await findProduct(db, params.sku);
    if (!product) throw new Problem(404, 'unknown_product', `There is no product "${params.sku}".`);
    return product;
  },
  reserve: ({ body }) => reserve(db, body.orderId, body.lines, ttlSeconds),
  commit: ({ params }) => commitReservation(db, params.orderId),
  release: ({ params }) => releaseReservation(db, params.orderId),
});
