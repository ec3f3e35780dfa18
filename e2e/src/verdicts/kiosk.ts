// A small service that is good at doing one thing wrong at a time: `node --import @waymark/tracing/register kiosk.ts`. It prints its port, and ends with its stdin.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import Router from '@koa/router';
import { outside } from '@waymark/context';
import { activeTraceId, consume, expectTracedCaller, produce, type Carrier } from '@waymark/tracing';
import { traced } from '@waymark/tracing/koa';
import Koa from 'koa';
import { ask, traceOf } from './ask.ts';
import { mistakes } from './mistakes.ts';

/** A message on its way: whoever carries it from `POST /send` to `POST /deliver` is the broker. */
export interface Sent {
  message: { system: string; destination: string; id: string };
  carrier: Carrier;
}

/** What a broker brings, and what shall become of it. */
export interface Delivery extends Sent {
  attempt?: number;
  maxAttempts?: number;
  outcome?: 'works' | 'fails' | 'dies';
}

const die = (): boolean => process.kill(process.pid, 'SIGKILL');

const router = new Router();

router.get('/fine', (ctx) => {
  ctx.body = 'fine';
});

let busy = false;
router.get('/every-other', (ctx) => {
  busy = !busy;
  ctx.status = busy ? 503 : 200;
});

router.get('/relay', async (ctx) => {
  for (const to of [ctx.query['to']].flat()) ctx.status = await ask(String(to)).catch(() => 502);
});

router.get('/outside', async (ctx) => {
  ctx.body = await outside(() => traceOf(String(ctx.query['to'])));
});

router.get('/dies', async (ctx) => {
  if (ctx.query['headers'] === 'first') ctx.flushHeaders();
  for (let times = Number(ctx.query['times']); times > 0; times -= 1) await ask(String(ctx.query['to']));
  die();
});

router.post('/send', async (ctx) => {
  const sent: Sent[] = [];
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
  await consume(message, carrier, { attempt, maxAttempts }, print).catch(() => 'as it was told');
  return traceId;
}

const app = new Koa();
app.silent = true;
// The broker is no part of the trace.
app.use(async (ctx, next) => {
  if (ctx.path !== '/deliver') return next();
  ctx.body = { traceId: await work((await json(ctx.req)) as Delivery) };
});
// Somebody forgot the middleware, of one route here.
app.use(async (ctx, next) => {
  if (ctx.path !== '/untraced') return next();
  ctx.body = 'fine';
});
app.use(traced());
if (process.env['KIOSK_CALLERS'] === 'traced') app.use((_ctx, next) => (expectTracedCaller(), next()));
app.use(router.routes());

const server = createServer((request, response) => void app.callback()(request, response));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().once('end', () => {
  server.close();
  server.closeAllConnections();
});
