// @ts-check

/**
 * Formats an amount in whole cents for people.
 * @param {number} cents
 * @param {string} currency
 */
export const money = (cents, currency) => new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(cents / 100);
