import { meter } from '@waymark/tracing';
import { LOOKUP_RESULT } from './attributes.ts';

const inventory = meter('@waymark/inventory');

const lookups = inventory?.createCounter('shop.product.lookups', {
  unit: '{lookup}',
  description: 'Lookups of one product, by where the answer came from.',
});
const errorRate = inventory?.createObservableGauge('shop.bloom.error_rate', {
  unit: '1',
  description: 'The share of unknown SKUs that the Bloom filter may let pass, as configured.',
});

/** `rejected` by the Bloom filter; `hit` and `miss` of the cache; `false_positive`: the filter let pass a SKU that the database does not have. */
const RESULTS = ['rejected', 'hit', 'miss', 'false_positive'] as const;

// A counter that is born at 1 is never seen to increase.
for (const result of RESULTS) lookups?.add(0, { [LOOKUP_RESULT]: result });

export type LookupResult = (typeof RESULTS)[number];

export const countLookup = (result: LookupResult): void => lookups?.add(1, { [LOOKUP_RESULT]: result });

/** Reports the configured error rate of the Bloom filter, beside the measured one. */
export function observeErrorRate(configured: number): void {
  errorRate?.addCallback((result) => result.observe(configured));
}
