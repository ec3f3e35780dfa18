import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { atOddsWithRoot } from '../src/at-odds.ts';
import type { Lab } from '../src/lab.ts';

export const lab: Lab = {
  title: 'Request state in a variable of the module',
  fails: 'wrong-user',
  ask: inTheMiddle,
  traces: 2,
  faults: atOddsWithRoot('shop.user', 'wrong-user'),
};

/** Grace places an order while Ada's request body is still arriving. */
async function inTheMiddle(url: string): Promise<void> {
  const adas = request(url, { method: 'POST', headers: { 'x-user': 'ada', expect: '100-continue' } });
  const answer = once(adas, 'response') as Promise<[IncomingMessage]>;
  // The side answers 100 Continue when it starts to handle the request.
  const begun = once(adas, 'continue');
  adas.flushHeaders();
  await begun;
  await (await fetch(url, { method: 'POST', headers: { 'x-user': 'grace' }, body: '{"cents":1250}' })).text();
  adas.end('{"cents":990}');
  const [answered] = await answer;
  await text(answered);
}
