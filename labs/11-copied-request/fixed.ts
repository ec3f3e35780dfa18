import { randomUUID } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { consume, produce, span, type Carrier, type Message } from '@waymark/tracing';
import type { Context } from 'koa';

/** The parts of a request that are kept after the answer. */
type Copy = Pick<Context, 'method' | 'path'> & { headers: Carrier; message: Message };

const copies = new EventEmitter<{ copy: [Copy] }>();
void replayAll();

/** Accepts an order to handle later. */
export default async function takeOrder({ method, path, headers, response }: Context): Promise<void> {
  const message = { system: 'memory', destination: 'copies', id: randomUUID() };
  await produce(message, async (carrier) => {
    copies.emit('copy', { method, path, headers: { ...(headers as Carrier), ...carrier }, message });
  });
  response.status = 202;
}

/** Handles the copies; runs as long as the process. */
async function replayAll(): Promise<void> {
  for await (const [copy] of on(copies, 'copy') as AsyncIterable<[Copy]>) await replay(copy);
}

async function replay({ method, path, headers, message }: Copy): Promise<void> {
  await consume(message, headers, { attempt: 1, maxAttempts: 1 }, () => span(`replay ${method} ${path}`, () => delay(5)));
}
