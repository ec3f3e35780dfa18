/** Settings of the order service that some scenarios need; the suite's own shop has them. */
export const FULFILMENT_DELAY = 'FULFILMENT_DELAY_SECONDS=3';
export const MAX_ATTEMPTS = 'JOB_MAX_ATTEMPTS=2';

const all = [FULFILMENT_DELAY, MAX_ATTEMPTS];

/** All of them, as the environment of the service. */
export const settings: Readonly<Record<string, string>> = Object.fromEntries(all.map((setting) => setting.split('=') as [string, string]));

/** All of them, as SHOP_HAS says them. */
export const settingsText = all.join(' ');
