import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { bind } from '@waymark/context';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

const warehouse = new EventEmitter();

/** `GET` waits until an order is packed and answers with its label. `POST` reports that it is packed. */
export default function label(ctx: Context): void {
  if (ctx.method === 'GET') return waitForLabel(ctx);
  warehouse.emit('packed', ctx.path);
  ctx.status = 204;
}

function waitForLabel(ctx: Context): void {
  const answer = new PassThrough();
  ctx.body = answer;
  ctx.flushHeaders();
  const print = bind((path: string): void => {
    void span('print label', () => `Label of ${path}`).then((text) => answer.end(text));
  });
  warehouse.once('packed', print);
  ctx.res.once('close', () => warehouse.off('packed', print));
}
