import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { beforeEach, expect, jest, test } from '@jest/globals';
import Koa, { type Context } from 'koa';
import { detach, drainDetached } from '@waymark/context';
import { traced } from './koa.ts';
import { serve } from '../testing/http-server.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { tracedApp } from '../testing/traced-app.ts';

const recorded = recordSpans();
const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
const said = (): string[] => warnings.mock.calls.map(([message]) => String(message));

beforeEach(() => void warnings.mockClear());

/** Serves one request with `work`, and waits until its detached tasks have ended. */
async function ask(app: Koa, work: (ctx: Context) => void): Promise<string> {
  app.use((ctx) => {
    ctx.body ??= 'ok';
    work(ctx);
  });
  await using server = await serve(app.callback());
  const answer = await (await fetch(server.origin)).text();
  await drainDetached(60_000);
  return answer;
}

test.each<[string, string, (ctx: Context) => unknown]>([
  ['the request', 'request', (ctx) => ctx.request],
  ['the response', 'response', (ctx) => ctx.response],
  ['Node’s request', 'req', (ctx) => ctx.req],
  ['Node’s response', 'res', (ctx) => ctx.res],
  ['the state', 'state', (ctx) => ctx.state],
  ['a delegate of the request', 'request', (ctx) => ctx.get('host')],
  ['a delegate of the response', 'response', (ctx) => (ctx.body = 'late')],
])('a detached task that reads %s causes one warning, with the place and the fix', async (_name, property, read) => {
  await ask(tracedApp(), (ctx) => {
    for (let times = 0; times < 2; times += 1) detach('late', null, () => setImmediate().then(() => void read(ctx)));
  });
  await recorded.take(3);
  expect(said()).toEqual([
    expect.stringMatching(
      new RegExp(
        `^ctx\\.${property} was read in a detached task, at /.*/detached-ctx\\.test\\.ts:\\d+\\. .*: pass what you need as \`detach\`'s input$`,
      ),
    ),
  ]);
  expect(warnings.mock.calls[0]?.[1]).toEqual({ code: 'WAYMARK_DETACHED_CTX' });
});

test('no warning if a request reads its own ctx, or if a task does not read it', async () => {
  const answer = await ask(tracedApp(), (ctx) => {
    ctx.state = { ...ctx.state, user: 'ada' };
    detach('good', { path: ctx.path }, ({ path }) => path);
    ctx.body = `${ctx.method} ${ctx.path} ${ctx.state['user']} ${ctx.res.statusCode}`;
  });
  await recorded.take(2);
  expect(answer).toBe('GET / ada 200');
  expect(said()).toEqual([]);
});

test.each([
  ['ends', (body: Readable) => body.push(null)],
  ['breaks', (body: Readable) => body.destroy(new Error('lost'))],
  ['cuts', (_: Readable, res: ServerResponse) => res.destroy()],
])('no warning from tracing itself when a detached task %s the response', async (_how, finish) => {
  const app = tracedApp(async (ctx, next) => {
    ctx.body = new Readable({ read() {} });
    await next();
  });
  app.use((ctx) => {
    const { res } = ctx;
    const body = ctx.body as Readable;
    body.push('begun');
    detach('finishes the answer', null, () => setImmediate().then(() => void finish(body, res)));
  });
  await using server = await serve(app.callback());
  await fetch(server.origin)
    .then((answer) => answer.text(), String)
    .catch(String);
  await drainDetached(60_000);
  await recorded.take(2);
  expect(said()).toEqual([]);
});

test('no warnings in production', async () => {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  const app = new Koa().use(traced());
  process.env['NODE_ENV'] = before;
  await ask(app, (ctx) => {
    expect(Object.getOwnPropertyDescriptor(ctx, 'req')?.get).toBeUndefined();
    detach('late', null, () => ctx.path);
  });
  await recorded.take(2);
  expect(said()).toEqual([]);
});
