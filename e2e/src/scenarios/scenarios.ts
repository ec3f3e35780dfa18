import { fulfilment } from './fulfilment.ts';
import { orders } from './orders.ts';
import { placing } from './placing.ts';
import { products } from './products.ts';
import { propagation } from './propagation.ts';
import { refusals } from './refusals.ts';
import { sessions } from './sessions.ts';
import { failures } from './failures.ts';

/** All public routes, all documented failures, and all outcomes of an order. */
export const scenarios = [...sessions, ...products, ...placing, ...orders, ...fulfilment, ...refusals, ...propagation, ...failures];
