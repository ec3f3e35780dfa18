import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { runProgram, type Program } from './testing/program.ts';
import { serve } from './testing/serve.ts';
import { attribute, startSpanReceiver } from './testing/span-receiver.ts';
import { until } from './testing/until.ts';

jest.setTimeout(40_000);

let receiver: Awaited<ReturnType<typeof startSpanReceiver>>;
let empty: TestDatabase;

beforeAll(async () => {
  receiver = await startSpanReceiver();
});
afterAll(async () => receiver[Symbol.asyncDispose]());
beforeEach(async () => {
  empty = await testDatabase();
});
afterEach(async () => empty.drop());

const startService = (env: Record<string, string> = {}, program = 'service-program'): Program =>
  // The delay is longer than the test, so spans arrive only if they are exported at the stop.
  runProgram(join(import.meta.dirname, 'testing', `${program}.ts`), {
    DATABASE_URL: empty.url,
    PORT: '0',
    LAME_DUCK_SECONDS: '0',
    ...receiver.env,
    OTEL_BSP_SCHEDULE_DELAY: '600000',
    ...env,
  });

async function portOf(service: Program): Promise<number> {
  return (await service.logged('listening on'))['port'] as number;
}

/** Whether the port accepts a new connection. */
async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const opened = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return opened;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s finishes the work in progress, takes no new work, exports all spans, and the process ends by itself',
  async (signal) => {
    await using service = startService();
    const port = await portOf(service);
    expect((await fetch(`http://127.0.0.1:${port}/jobs`, { method: 'POST' })).status).toBe(201);
    await service.logged('the job begins');
    const answer = fetch(`http://127.0.0.1:${port}/wait`);
    await service.logged('the request begins');

    service.kill(signal);
    await service.logged('draining');
    await until(
      () => isOpen(port),
      (open) => !open,
      'new connections to be refused',
    );
    service.kill('SIGUSR2');

    const { status, headers } = await answer;
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    expect([await service.ended, service.errors()]).toEqual([0, '']);
    await service.logged('the job ends');
    await service.logged('stopped');
    const names = receiver.spans.filter(({ traceId }) => traceId === headers.get('x-trace-id')).map(({ name }) => name);
    expect(names).toEqual(['GET /wait']);
  },
);

/** Detaches a task, stops the service, and waits until only the task is still running. */
async function drainAfter(service: Program, path: string): Promise<string | null> {
  const port = await portOf(service);
  const { status, headers } = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST' });
  expect(status).toBe(201);
  service.kill('SIGTERM');
  await service.logged('draining');
  await until(
    () => isOpen(port),
    (open) => !open,
    'new connections to be refused',
  );
  return headers.get('x-trace-id');
}

test('waits for a detached task after the last request, with the database open, and exports its spans', async () => {
  await using service = startService({}, 'detaching-program');
  const traceId = await drainAfter(service, '/soon');
  service.kill('SIGUSR2');

  expect([await service.ended, service.errors()]).toEqual([0, '']);
  expect(await service.logged('the task ends')).toMatchObject({ rows: [{ text: 'sent' }], trace_id: traceId });
  const spans = receiver.spans.filter((span) => span.traceId === traceId);
  const [request, task] = ['POST /soon', 'send receipt'].map((name) => spans.find((span) => span.name === name));
  expect(spans.map(({ name }) => name).sort()).toEqual(['POST /soon', 'SELECT', 'send receipt']);
  expect([attribute(request, 'waymark.segment.spans'), attribute(task, 'waymark.segment.spans')]).toEqual(['1', '2']);
  expect(task?.parentSpanId).toBe(request?.spanId);
});

test('gives up on a detached task that does not end, names it, and the process ends', async () => {
  await using service = startService({}, 'detaching-program');
  const traceId = await drainAfter(service, '/never');

  expect([await service.ended, service.errors()]).toEqual([0, '']);
  await service.logged('gave up on detached tasks that were still running after 2000 ms: wait for ever');
  const task = receiver.spans.find((span) => span.traceId === traceId && span.name === 'wait for ever');
  expect(attribute(task, 'error.type')).toBe('cut_off');
});

test('after a signal during the start, the service starts and then stops at once', async () => {
  await using service = startService({ SLOW_START: 'yes' });
  await service.logged('the start begins');
  service.kill('SIGTERM');
  service.kill('SIGUSR2');
  expect([await service.ended, service.errors()]).toEqual([0, '']);
  await service.logged('draining');
});

test('a port in use fails the start with exit code 1 and a clear message', async () => {
  await using other = await serve(() => undefined);
  await using service = startService({ PORT: String(other.port) });
  expect(await service.ended).toBe(1);
  expect(await service.logged('slow failed')).toMatchObject({
    level: 'fatal',
    msg: expect.stringContaining(`EADDRINUSE: address already in use 127.0.0.1:${other.port}`),
  });
});

test('a database that cannot be reached fails the start with exit code 1 and a clear message', async () => {
  await using service = startService({ DATABASE_URL: 'postgres://waymark:hunter2@127.0.0.1:1/nowhere' });
  expect(await service.ended).toBe(1);
  const line = await service.logged('slow failed: The database cannot be reached now.');
  expect(line).toMatchObject({ level: 'fatal', err: { message: expect.stringContaining('ECONNREFUSED') } });
  expect(JSON.stringify(line)).not.toContain('hunter2');
});

test('missing and invalid variables fail the start with exit code 1 and are all named', async () => {
  await using service = startService({ DATABASE_URL: '', PORT: 'http' });
  expect(await service.ended).toBe(1);
  const { level, msg } = await service.logged('Environment variables are missing or invalid');
  expect([level, msg]).toEqual(['fatal', expect.stringMatching(/PORT is invalid.*\n {2}DATABASE_URL is missing/)]);
});

test('a file of faults that cannot be read fails the start with exit code 1 and a clear message', async () => {
  await using service = startService({ FAULTS_FILE: '/nowhere/faults.json' });
  expect(await service.ended).toBe(1);
  const { level, msg } = await service.logged('FAULTS_FILE names /nowhere/faults.json, which is no valid file of faults');
  expect([level, msg]).toEqual(['fatal', expect.stringContaining('ENOENT: no such file or directory')]);
});
