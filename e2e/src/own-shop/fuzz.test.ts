import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { authApi, gatewayApi, inventoryApi, orderApi } from '@waymark/contracts';
import { fuzz } from '../../fuzz/fuzz.ts';
import { startTargets } from '../../fuzz/targets.ts';

/** `pnpm fuzz` sends 5,000 to each route. */
const COUNT = 50;
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

let shop: Awaited<ReturnType<typeof startTargets>>;
beforeAll(async () => {
  shop = await startTargets();
}, 120_000);
afterAll(async () => shop?.[Symbol.asyncDispose]());

const names = [gatewayApi, authApi, orderApi, inventoryApi].flatMap(({ service, routes }) =>
  Object.values(routes).map(({ method, path }) => `${service} ${method} ${path}`),
);

test.each(names)('%s: random requests get documented answers with a trace, and no 5xx', async (name) => {
  const target = shop.targets.find(({ service, route }) => `${service} ${route.method} ${route.path}` === name);
  const report = await fuzz(target!, { count: COUNT, seed: SEED, traces: shop.traces });
  expect(report.faults).toEqual([]);
  expect(report).toMatchObject({ requests: COUNT, traced: COUNT });
  expect(report.valid).toBeGreaterThan(0);
});
