import { atOddsWithRoot } from '../src/at-odds.ts';
import type { Lab } from '../src/lab.ts';

export const lab: Lab = {
  title: 'A batcher that calls back in the context of one of its callers',
  fails: 'wrong-trace',
  ask: (url) => Promise.all(['/orders/1', '/orders/2'].map(async (path) => (await fetch(url + path, { method: 'POST' })).text())),
  traces: 3,
  faults: atOddsWithRoot('shop.order', 'wrong-trace'),
};
