import type { Lab } from '../src/lab.ts';

export const lab: Lab = {
  title: 'A listener that runs in the context of the emitter',
  fails: 'wrong-trace',
  ask: waitAndPack,
  traces: 2,
  faults: ({ traces }) =>
    traces
      .filter(({ spans: [first] }) => first?.name === 'POST')
      .flatMap(({ spans }) => spans.filter(({ name }) => name === 'print label'))
      .map(({ name }) => ({
        code: 'wrong-trace',
        message: `\`${name}\` is in the trace of the POST instead of the GET that waits for it.`,
      })),
};

async function waitAndPack(url: string): Promise<void> {
  const path = `${url}/orders/1/label`;
  // The headers arrive when the listener is subscribed, the body when the order is packed.
  const label = await fetch(path);
  await (await fetch(path, { method: 'POST' })).text();
  await label.text();
}
