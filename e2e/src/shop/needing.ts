import { describe } from '@jest/globals';
import { shopUnderTest } from './shop-under-test.ts';

const { has } = shopUnderTest();

/** Whether the shop has a required setting. True if none is required. */
export const shopHas = (needs: string | undefined): boolean => needs === undefined || has.has(needs);

/** `describe`, or `describe.skip` if the shop lacks a required setting; and a suffix for the title that says why. */
export const describeNeeding = (needs: string | undefined): [typeof describe | typeof describe.skip, string] =>
  shopHas(needs) ? [describe, ''] : [describe.skip, ` (skipped: it needs ${needs})`];
