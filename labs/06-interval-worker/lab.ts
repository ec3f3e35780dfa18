import type { Lab } from '../src/lab.ts';

export const lab: Lab = {
  title: 'A worker that the first request starts',
  fails: 'segment-outlived',
  ask: oneAfterTheOther,
  traces: 4,
  faults: ({ traces }) =>
    traces
      .filter(({ spans: [first] }) => first?.name === 'pack order' && first.links.length === 0)
      .map(() => ({ code: 'link-missing', message: '`pack order` has no link to the request that it works for.' })),
};

async function oneAfterTheOther(url: string): Promise<void> {
  for (const path of ['/orders/1', '/orders/2']) await (await fetch(url + path, { method: 'POST' })).text();
}
