import { EventEmitter, on } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

/** The parts of a request that are kept after the answer. */
type Copy = Pick<Context, 'method' | 'path' | 'headers'>;

const copies = new EventEmitter<{ copy: [Copy] }>();
void replayAll();

/** Accepts an order to handle later. */
export default function takeOrder({ method, path, headers, response }: Context): void {
  copies.emit('copy', { method, path, headers: { ...headers } });
  response.status = 202;
}

/** Handles the copies; runs as long as the process. */
async function replayAll(): Promise<void> {
  for await (const [copy] of on(copies, 'copy') as AsyncIterable<[Copy]>) await replay(copy);
}

async function replay({ method, path }: Copy): Promise<void> {
  await span(`replay ${method} ${path}`, () => delay(5));
}
