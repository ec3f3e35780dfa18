// @ts-check

/**
 * An amount in whole cents, as people write it.
 * @param {number} cents
 * @param {string} currency
 */
export const money = (cents, currency) => new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(cents / 100);
