import { fulfilment } from './fulfilment.ts';
import { orders } from './orders.ts';
import { placing } from './placing.ts';
import { products } from './products.ts';
import { propagation } from './propagation.ts';
import { refusals } from './refusals.ts';
import { sessions } from './sessions.ts';
import { trouble } from './trouble.ts';

/** Every public route, every documented failure, and every way in which an order ends. */
export const scenarios = [...sessions, ...products, ...placing, ...orders, ...fulfilment, ...refusals, ...propagation, ...trouble];
