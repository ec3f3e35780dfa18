import { z } from 'zod';
import { api } from './api.ts';

export const sku = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'A SKU is lower-case words joined by hyphens')
  .max(64)
  .meta({ examples: ['desk-lamp'] });
export const cents = z
  .int()
  .nonnegative()
  .meta({ examples: [3900] });
export const currency = z.literal('EUR');

const quantity = z
  .int()
  .min(1)
  .max(1000)
  .meta({ examples: [2] });
const name = z.string().meta({ examples: ['Desk lamp'] });
const available = z
  .int()
  .nonnegative()
  .meta({ examples: [498] });

export const line = z.object({ sku, quantity });
export const lines = z
  .array(line)
  .min(1)
  .max(20)
  .refine((all) => new Set(all.map((one) => one.sku)).size === all.length, 'Use each SKU only once and set its quantity');
export const pricedLine = line.extend({ unitPriceCents: cents });

export const product = z.object({ sku, name, priceCents: cents, currency, available });
export const reservation = z.object({
  orderId: z.uuid(),
  status: z.enum(['held', 'committed', 'released', 'expired']),
  lines: z.array(pricedLine),
  currency,
  expiresAt: z.iso.datetime(),
});

export type Sku = z.output<typeof sku>;
export type Line = z.output<typeof line>;
export type PricedLine = z.output<typeof pricedLine>;
export type Product = z.output<typeof product>;
export type Reservation = z.output<typeof reservation>;

const byOrder = z.object({ orderId: z.uuid() });

export const inventoryApi = api('inventory', {
  listProducts: {
    method: 'GET',
    path: '/products',
    summary: 'List the products',
    description: 'All products, each with the quantity in stock.',
    answers: { 200: z.object({ items: z.array(product) }) },
  },
  getProduct: {
    method: 'GET',
    path: '/products/{sku}',
    summary: 'Get one product',
    description: 'One product, with the quantity in stock.',
    params: z.object({ sku }),
    answers: { 200: product },
    errors: { 404: ['unknown_product'] },
  },
  reserve: {
    method: 'POST',
    path: '/reservations',
    summary: 'Reserve stock for an order, all lines or none. Repeating it returns the same reservation',
    idempotent: true,
    body: z.object({ orderId: z.uuid(), lines }),
    answers: { 201: reservation },
    errors: { 409: ['out_of_stock', 'reservation_lost'], 422: ['unknown_product'] },
  },
  commit: {
    method: 'POST',
    path: '/reservations/{orderId}/commit',
    summary: 'Commit the reservation of a paid order: its stock is sold',
    idempotent: true,
    params: byOrder,
    answers: { 200: reservation },
    errors: { 409: ['reservation_lost'] },
  },
  release: {
    method: 'POST',
    path: '/reservations/{orderId}/release',
    summary: 'Release the reservation of an order that was not sold: its stock is free again',
    idempotent: true,
    params: byOrder,
    answers: { 200: reservation },
  },
});
