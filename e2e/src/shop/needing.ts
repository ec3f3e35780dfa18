import { describe } from '@jest/globals';
import { shopUnderTest } from './shop-under-test.ts';

const { has } = shopUnderTest();

/** Whether the shop has what is needed, or nothing is. */
export const shopHas = (needs: string | undefined): boolean => needs === undefined || has.has(needs);

/** `describe`, or if the shop lacks what is needed, what skips it; and what its name then says besides. */
export const describeNeeding = (needs: string | undefined): [typeof describe | typeof describe.skip, string] =>
  shopHas(needs) ? [describe, ''] : [describe.skip, ` (skipped: it needs ${needs})`];
