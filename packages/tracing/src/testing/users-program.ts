// Many users work concurrently, each with their own RequestContext. Prints what was lost or mixed up, and the headers of one response.
import { EventEmitter } from 'node:events';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import Koa from 'koa';
import { batcher, bind, detach, drainDetached, RequestContext } from '@waymark/context';
import { consume, deadLetter, produce, span } from '../index.ts';
import { traced } from '../http/koa.ts';
import { tracedRequest } from '../http/undici.ts';
import { tracedPool } from '../pool.ts';
import { serve } from './http-server.ts';
import { USER } from './pool-user.ts';

const user = (): string | undefined => RequestContext.current().get(USER);
const message = { system: 'paper', destination: 'print', id: '7' };
const attempt = { attempt: 1, maxAttempts: 2 };

/** A foreign loop, which runs callbacks in its own context. */
const ticks = new EventEmitter();
const loop = setInterval(() => ticks.emit('tick'), 1);

const pool = tracedPool<{ what: string }, { user?: string }>(new URL('./pool-task.ts', import.meta.url), { maxThreads: 2 });
const printer = batcher<(seen: string | undefined) => void>(
  { name: 'print', maxItems: 3, maxWaitMs: 1, maxQueued: 1_000 },
  async (items) => {
    await setImmediate();
    for (const { value, run } of items) run(() => value(user()));
  },
);

/** Different ways to continue. Each returns the user that it finds afterwards. */
const steps = {
  await: async () => (await setImmediate(), user()),
  timer: async () => (await delay(1), user()),
  span: () => span('work', async () => (await setImmediate(), user())),
  bind: () =>
    new Promise<string | undefined>((resolve) =>
      ticks.once(
        'tick',
        bind(() => resolve(user())),
      ),
    ),
  detach: () => new Promise<string | undefined>((resolve) => detach('work', null, async () => (await setImmediate(), resolve(user())))),
  batch: async () => {
    let seen: string | undefined;
    await printer.add((found) => (seen = found));
    return seen;
  },
  job: async () => {
    const carrier = await produce(message, async (given) => JSON.stringify(given));
    return RequestContext.empty.run(() => consume(message, JSON.parse(carrier), attempt, async () => (await setImmediate(), user())));
  },
  deadLetter: async () => {
    const carrier = await produce(message, async (given) => given);
    return RequestContext.current()
      .with(USER, 'the worker')
      .run(() => deadLetter(message, carrier, async () => user()));
  },
  thread: async () => (await pool.run({ what: 'scale' })).user,
};
const names = Object.keys(steps) as (keyof typeof steps)[];

const wrong: string[] = [];
let taken = 0;
async function visit(name: string, way: readonly (keyof typeof steps)[]): Promise<void> {
  for (const step of way) {
    const seen = await steps[step]();
    taken += 1;
    if (seen !== name) wrong.push(`${step}: ${seen} instead of ${name}`);
    if (user() !== name) wrong.push(`after ${step}: ${user()} instead of ${name}`);
  }
}

const ways = fc.array(fc.array(fc.constantFrom(...names), { maxLength: 6 }), { minLength: 1, maxLength: 6 });
await fc.assert(
  fc.asyncProperty(ways, async (all) => {
    const visits = all.map((way, at) =>
      RequestContext.current()
        .with(USER, `user ${at}`)
        .run(() => visit(`user ${at}`, way)),
    );
    await Promise.all(visits);
    if (user() !== undefined) wrong.push(`outside: ${user()}`);
  }),
  { numRuns: 60 },
);

const app = new Koa().use(traced()).use((ctx, next) => RequestContext.current().with(USER, String(ctx.query['user'])).run(next));
app.use(async (ctx) => void (ctx.body = await steps.job()));
await using server = await serve(app.callback());
const { headers, body } = await tracedRequest(`${server.origin}/?user=ada`);
const answered = await body.text();

await drainDetached(10_000);
await pool.close();
clearInterval(loop);
process.stdout.write(
  JSON.stringify({
    wrong: [...new Set(wrong)],
    ways: new Set(names).size,
    taken: taken > 0,
    answered,
    traceId: headers['x-trace-id'] ?? 'none',
    traceresponse: headers['traceresponse'] ?? 'none',
  }),
);
