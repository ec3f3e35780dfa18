// The shop's own attributes. The first three are on the SERVER span of a product lookup.

/** True if the Bloom filter knew that the product does not exist. */
export const BLOOM_REJECTED = 'shop.bloom.rejected';
/** False if this request queried the database, true if it got the result of an earlier query. */
export const CACHE_HIT = 'shop.cache.hit';
/** If the query was still running: the trace of the request that it belongs to. */
export const CACHE_QUERIED_IN = 'shop.cache.queried_in';

/** On the metric of lookups: where the answer came from. */
export const LOOKUP_RESULT = 'shop.product.lookup.result';
