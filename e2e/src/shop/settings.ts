/** Settings of the order service that some scenarios need. `startShopUnderTest` uses them. */
export const FULFILMENT_DELAY = 'FULFILMENT_DELAY_SECONDS=5';
export const MAX_ATTEMPTS = 'JOB_MAX_ATTEMPTS=2';

const all = [FULFILMENT_DELAY, MAX_ATTEMPTS];

/** All settings as environment variables of the order service. */
export const settings: Readonly<Record<string, string>> = Object.fromEntries(all.map((setting) => setting.split('=') as [string, string]));

/** All settings in the format of SHOP_HAS. */
export const settingsText = all.join(' ');
