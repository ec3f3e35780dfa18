// A small service with one route for each mistake: `node --import @waymark/tracing/register faulty-service.ts`. It prints its port and ends when stdin closes.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import Router from '@koa/router';
import { outside } from '@waymark/context';
import { activeTraceId, consume, expectTracedCaller, produce, type Carrier } from '@waymark/tracing';
import { traced } from '@waymark/tracing/koa';
import Koa from 'koa';
import { mistakes } from './mistakes.ts';
import { tracedGet, traceIdOfGet } from './traced-get.ts';

/** A message from `POST /send`. The test is the broker: it delivers the message with `POST /deliver`. */
export interface SentMessage {
  message: { system: string; destination: string; id: string };
  carrier: Carrier;
}

/** A message for `POST /deliver`, and the outcome of its consumer. */
export interface Delivery extends SentMessage {
  attempt?: number;
  maxAttempts?: number;
  outcome?: 'works' | 'fails' | 'dies';
}

const die = (): boolean => process.kill(process.pid, 'SIGKILL');

const router = new Router();

router.get('/ok', (ctx) => {
  ctx.body = 'ok';
});

let busy = false;
router.get('/flaky', (ctx) => {
  busy = !busy;
  ctx.status = busy ? 503 : 200;
});

router.get('/relay', async (ctx) => {
  for (const to of [ctx.query['to']].flat()) ctx.status = await tracedGet(String(to)).catch(() => 502);
});

router.get('/outside', async (ctx) => {
  ctx.body = await outside(() => traceIdOfGet(String(ctx.query['to'])));
});

router.get('/dies', async (ctx) => {
  if (ctx.query['headers'] === 'first') ctx.flushHeaders();
  for (let times = Number(ctx.query['times']); times > 0; times -= 1) await tracedGet(String(ctx.query['to']));
  die();
});

router.post('/send', async (ctx) => {
  const sent: SentMessage[] = [];
  for (let times = Number(ctx.query['times']); times > 0; times -= 1) {
    const message = { system: 'paper', destination: 'print', id: crypto.randomUUID() };
    sent.push(await produce(message, async (carrier) => ({ message, carrier })));
  }
  ctx.body = sent;
});

for (const [code, mistake] of Object.entries(mistakes)) {
  router.get(`/${code}`, async (ctx) => {
    await mistake({ response: ctx.res, stock: String(ctx.query['stock']) });
    ctx.body = 'done';
  });
}

async function work({ message, carrier, attempt = 1, maxAttempts = 3, outcome }: Delivery): Promise<string | undefined> {
  let traceId: string | undefined;
  const print = async (): Promise<void> => {
    traceId = activeTraceId();
    if (outcome === 'dies') die();
    if (outcome === 'fails') throw new Error('out of paper');
  };
  await consume(message, carrier, { attempt, maxAttempts }, print).catch(() => 'as requested');
  return traceId;
}

const app = new Koa();
app.silent = true;
// The request of the broker is not part of the trace.
app.use(async (ctx, next) => {
  if (ctx.path !== '/deliver') return next();
  ctx.body = { traceId: await work((await json(ctx.req)) as Delivery) };
});
// A route without the tracing middleware.
app.use(async (ctx, next) => {
  if (ctx.path !== '/untraced') return next();
  ctx.body = 'ok';
});
app.use(traced());
if (process.env['EXPECT_TRACED_CALLERS']) app.use((_ctx, next) => (expectTracedCaller(), next()));
app.use(router.routes());

const server = createServer((request, response) => void app.callback()(request, response));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().once('end', () => {
  server.close();
  server.closeAllConnections();
});
