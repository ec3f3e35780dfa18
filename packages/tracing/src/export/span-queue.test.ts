import { setTimeout as delay } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { outside, span } from '@waymark/context';
import type { ReadableSpan } from '../provider/interfaces.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { serve } from '../testing/http-server.ts';
import { traceBackend, type Trouble } from '../testing/trace-backend.ts';
import { backendsFromEnv, limitsFromEnv } from './from-env.ts';
import { SpanQueue, type Backend, type QueueLimits } from './span-queue.ts';

const recorded = recordSpans();

async function spans(...names: string[]): Promise<ReadableSpan[]> {
  for (const name of names) await span(name, () => {});
  return recorded.take(names.length);
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `work ${at}`);

interface Queue {
  queue: SpanQueue<unknown>;
  warnings: string[];
  /** Ends spans with these names. */
  end(...names: string[]): Promise<void>;
}

function queueFor(backend: Backend<unknown>, limits: Partial<QueueLimits> = {}): Queue {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const queue = new SpanQueue(backend, { ...limitsFromEnv({}, warn), scheduleDelayMs: 600_000, ...limits }, warn);
  const end = async (...names: string[]): Promise<void> => {
    for (const one of await spans(...names)) queue.onEnd(one);
  };
  return { queue, warnings, end };
}

function queueTo(origin: string, limits: Partial<QueueLimits> = {}, env: NodeJS.ProcessEnv = {}): Queue {
  const [backend] = backendsFromEnv({ OTEL_EXPORTER_OTLP_ENDPOINT: origin, ...env }, (message) => {
    throw new Error(message);
  });
  return queueFor(backend!, limits);
}

const status =
  (code: number, headers: Record<string, string> = {}): Trouble =>
  (_, response) =>
    response.writeHead(code, headers).end();
const reset: Trouble = ({ socket }) => socket.destroy();
const hang: Trouble = () => undefined;

/** Causes trouble for this many requests, then none. */
function times(count: number, backend: { trouble: Trouble | undefined }, trouble: Trouble): Trouble {
  let left = count;
  return (request, response) => {
    left -= 1;
    if (left === 0) backend.trouble = undefined;
    trouble(request, response);
  };
}

const none = { queueFull: 0, refused: 0, shutdown: 0 };
const names = (backend: Awaited<ReturnType<typeof traceBackend>>): string[] => backend.received.spans.map(({ name }) => name).sort();

test.each([
  ['answers 500', status(500)],
  ['answers 502', status(502)],
  ['answers 503', status(503)],
  ['answers 504', status(504)],
  ['answers 429', status(429)],
  ['resets the connection', reset],
  ['hangs', hang],
])('a backend that %s for a while receives all spans in the end, once each', async (_what, trouble) => {
  await using backend = await traceBackend();
  backend.trouble = times(2, backend, trouble);
  const { queue, warnings, end } = queueTo(backend.origin, {}, { OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
  await end(...numbered(20));
  await queue.forceFlush();

  expect(queue.deliveries).toEqual({ waiting: 0, delivered: 20, lost: 0, lostBy: none });
  expect(names(backend)).toEqual(numbered(20).sort());
  expect(warnings).toEqual([
    expect.stringMatching(new RegExp(`^Spans cannot be delivered to ${backend.origin}/v1/traces: .+ They are kept and retried.$`)),
    'Spans are delivered again. Lost since the start: 0',
  ]);
  await queue.shutdown();
});

test('a backend that starts late receives all spans', async () => {
  const { port } = await serve(() => {}).then(async (closed) => (await closed[Symbol.asyncDispose](), closed));
  const { queue, warnings, end } = queueTo(`http://127.0.0.1:${port}`, { scheduleDelayMs: 0 });
  await end(...numbered(20));
  while (warnings.length === 0) await delay(5);
  expect(warnings).toEqual([expect.stringContaining('ECONNREFUSED')]);
  expect(queue.deliveries.waiting).toBe(20);

  await using backend = await traceBackend(port);
  await queue.forceFlush();
  expect(names(backend)).toEqual(numbered(20).sort());
  expect(queue.deliveries).toMatchObject({ delivered: 20, lost: 0 });
  await queue.shutdown();
});

test('sends nothing before the end of a Retry-After', async () => {
  await using backend = await traceBackend();
  const arrivals: number[] = [];
  backend.trouble = (request, response) => {
    arrivals.push(performance.now());
    backend.trouble = (...next) => (arrivals.push(performance.now()), (backend.trouble = undefined), status(503)(...next));
    status(429, { 'retry-after': '1' })(request, response);
  };
  const { queue, end } = queueTo(backend.origin);
  await end('work');
  await queue.forceFlush();

  // Longer than the backoff after a first failure, which is at most 250 ms.
  expect(arrivals[1]! - arrivals[0]!).toBeGreaterThan(990);
  expect(queue.deliveries.delivered).toBe(1);
  await queue.shutdown();
});

test.each([400, 401, 404, 413, 501])('spans that a backend rejects with %d are lost and counted, with one warning', async (code) => {
  await using backend = await traceBackend();
  backend.trouble = (_, response) => response.writeHead(code, { 'content-type': 'text/plain' }).end('no such tenant');
  const { queue, warnings, end } = queueTo(backend.origin, { maxExportBatchSize: 5 });
  await end(...numbered(20));
  await queue.forceFlush();

  expect(queue.deliveries).toEqual({ waiting: 0, delivered: 0, lost: 20, lostBy: { ...none, refused: 20 } });
  expect(warnings).toEqual([`${backend.origin}/v1/traces rejects spans, so they are lost: it responds with ${code} no such tenant`]);
  expect(backend.requests).toHaveLength(4);
  await queue.shutdown();
});

// ExportTraceServiceResponse { partial_success { rejected_spans: 3, error_message: "too old" } }
const PARTLY = Buffer.from('0a0b08031207746f6f206f6c64', 'hex');
test.each([
  ['protobuf', 'application/x-protobuf', PARTLY],
  ['JSON', 'application/json', '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}'],
])('spans that a backend rejects in its partial success, as %s, are lost', async (_what, type, body) => {
  await using backend = await traceBackend();
  backend.trouble = (_, response) => response.writeHead(200, { 'content-type': type }).end(body);
  const { queue, warnings, end } = queueTo(backend.origin);
  await end(...numbered(10));
  await queue.forceFlush();

  expect(queue.deliveries).toEqual({ waiting: 0, delivered: 7, lost: 3, lostBy: { ...none, refused: 3 } });
  expect(warnings).toEqual([expect.stringContaining('too old')]);
  await queue.shutdown();
});

test.each(['', 'thank you', '\u0008', '{"partialSuccess":{}}'])(
  'a 200 with the body %j means that all spans were accepted',
  async (body) => {
    await using backend = await traceBackend();
    backend.trouble = (_, response) => response.writeHead(200).end(body);
    const { queue, end } = queueTo(backend.origin);
    await end('work');
    await queue.forceFlush();
    expect(queue.deliveries).toMatchObject({ delivered: 1, lost: 0 });
    await queue.shutdown();
  },
);

test('a batch that always fails does not block the others, and is lost in the end', async () => {
  await using backend = await traceBackend();
  const { queue, warnings, end } = queueTo(backend.origin, { maxExportBatchSize: 2 });
  const { received } = backend;
  // Always rejects the first batch, recognized by its length.
  backend.trouble = (request, response) => status(Number(request.headers['content-length']) > 2_000 ? 500 : 200)(request, response);
  await end('x'.repeat(3_000), 'y');
  while (queue.deliveries.lost === 0) {
    await end('a', 'b');
    await delay(10);
  }
  await queue.forceFlush();

  expect(queue.deliveries).toMatchObject({ waiting: 0, lost: 2, lostBy: { ...none, refused: 2 } });
  expect(queue.deliveries.delivered).toBeGreaterThanOrEqual(6);
  expect(warnings).toContain(`${backend.origin}/v1/traces rejects spans, so they are lost: it responds with 500`);
  expect(received.spans).toEqual([]);
  await queue.shutdown();
}, 30_000);

test('each span arrives once and unchanged, though batches fail and wait while others are built', async () => {
  await using backend = await traceBackend();
  const { queue, end } = queueTo(backend.origin, { maxExportBatchSize: 5 }, { OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
  const all = numbered(300);
  for (let at = 0; at < all.length; at += 10) {
    if (at % 50 === 0) backend.trouble = times(2, backend, at % 100 === 0 ? status(503) : reset);
    await end(...all.slice(at, at + 10));
    await delay(1);
  }
  while (queue.deliveries.waiting > 0) await queue.forceFlush();

  expect(names(backend)).toEqual(all.sort());
  expect(queue.deliveries.lost).toBe(0);
  await queue.shutdown();
});

test('a slow backend gets at most four batches at once', async () => {
  await using backend = await traceBackend();
  const held: (() => void)[] = [];
  let connections = 0;
  backend.server.on('connection', () => (connections += 1));
  backend.trouble = (_, response) => {
    held.push(() => response.writeHead(200).end());
    if (held.length === 4) for (const answer of held.splice(0)) answer();
  };
  const { queue, end } = queueTo(backend.origin, { maxExportBatchSize: 1 });
  await end(...numbered(16));
  await queue.forceFlush();
  expect([queue.deliveries.delivered, connections]).toEqual([16, 4]);
  await queue.shutdown();
});

test('while a backend hangs, nothing wakes up again and again to send', async () => {
  await using backend = await traceBackend();
  backend.trouble = hang;
  const { queue, end } = queueTo(backend.origin, { maxExportBatchSize: 2 });
  await end(...numbered(8));
  const timers = jest.spyOn(globalThis, 'setTimeout');
  await end('one more');
  const [[wakeUp]] = timers.mock.calls as [[() => void]];
  wakeUp();
  expect(timers).toHaveBeenCalledTimes(1);
  timers.mockRestore();
  await queue.shutdown(0);
});

test('a span that ends while others are on their way is sent after its delay', async () => {
  await using backend = await traceBackend();
  const sent = Promise.withResolvers<() => void>();
  backend.trouble = (_, response) => {
    backend.trouble = undefined;
    sent.resolve(() => response.writeHead(200).end());
  };
  const { queue, end } = queueTo(backend.origin, { maxExportBatchSize: 2, scheduleDelayMs: 100 });
  await end('one', 'two');
  const answer = await sent.promise;
  await end('three');
  answer();
  while (queue.deliveries.delivered < 3) await delay(5);
  expect(names(backend)).toEqual(['three']);
  await queue.shutdown();
});

test('a connection that the backend closes between two batches is not a failure', async () => {
  await using backend = await traceBackend();
  const { queue, warnings, end } = queueTo(backend.origin);
  await end('first');
  await queue.forceFlush();
  const [first] = backend.requests;
  backend.trouble = times(1, backend, ({ socket }) => socket.destroy());
  await end('second');
  await queue.forceFlush();

  expect(backend.requests).toHaveLength(3);
  expect(backend.requests[1]?.socket).toBe(first?.socket);
  expect([names(backend), warnings]).toEqual([['first', 'second'], []]);
  await queue.shutdown();
});

test.each([
  ['bytes', { maxQueueBytes: 1_000 }],
  ['spans', { maxQueueSize: 5 }],
])('a queue that is full (by %s) drops new spans until the backend has accepted some', async (_what, limits) => {
  await using backend = await traceBackend();
  const answers: (() => void)[] = [];
  backend.trouble = (_, response) => answers.push(() => response.writeHead(200).end());
  const { queue, warnings, end } = queueTo(backend.origin, limits);
  await end(...numbered(100));
  const { waiting } = queue.deliveries;
  expect(waiting).toBeGreaterThan(3);
  expect(queue.deliveries).toEqual({ waiting, delivered: 0, lost: 100 - waiting, lostBy: { ...none, queueFull: 100 - waiting } });
  expect(warnings).toEqual([expect.stringMatching(/^Spans are being lost: the queue for .* is full/)]);

  const flushed = queue.forceFlush();
  while (answers.length === 0) await delay(1);
  backend.trouble = undefined;
  for (const answer of answers) answer();
  await flushed;
  await end('late');
  await queue.forceFlush();
  expect(names(backend)).toEqual(expect.arrayContaining(['late']));
  expect(queue.deliveries).toMatchObject({ waiting: 0, delivered: waiting + 1, lost: 100 - waiting });
  expect(warnings).toHaveLength(2);
  await queue.shutdown();
});

test('a span larger than the queue is the only one lost', async () => {
  await using backend = await traceBackend();
  const { queue, end } = queueTo(backend.origin, { maxQueueBytes: 10_000 });
  await end('a', 'x'.repeat(20_000), 'b');
  await queue.forceFlush();
  expect(names(backend)).toEqual(['a', 'b']);
  expect(queue.deliveries).toMatchObject({ delivered: 2, lost: 1 });
  await queue.shutdown();
});

test('a span that cannot be encoded is the only one lost, and end() does not throw', async () => {
  await using backend = await traceBackend();
  const { queue, warnings, end } = queueTo(backend.origin);
  const [bad] = await spans('bad');
  const attributes = Object.defineProperty({}, 'cart', {
    enumerable: true,
    get: () => {
      throw new Error('no cart');
    },
  });
  await end('a');
  queue.onEnd(Object.create(bad!, { attributes: { value: attributes } }) as ReadableSpan);
  await end('b');
  await queue.forceFlush();
  expect(names(backend)).toEqual(['a', 'b']);
  expect(queue.deliveries).toMatchObject({ delivered: 2, lost: 1, lostBy: { refused: 1 } });
  expect(warnings).toEqual([expect.stringContaining('the span "bad" cannot be encoded: no cart')]);
  await queue.shutdown();
});

test.each([
  ['hangs', hang],
  ['answers 503', status(503)],
  ['asks for an hour', status(429, { 'retry-after': '3600' })],
])('a shutdown respects its timeout if the backend %s, and reports the lost spans', async (_what, trouble) => {
  await using backend = await traceBackend();
  backend.trouble = trouble;
  const { queue, end } = queueTo(backend.origin, { maxExportBatchSize: 4 });
  await end(...numbered(10));
  await queue.shutdown(300);
  await end('too late');

  expect(queue.deliveries).toEqual({ waiting: 0, delivered: 0, lost: 11, lostBy: { ...none, shutdown: 11 } });
  expect(queue.giveUp()).toBe(`Spans lost since the start: 11 (11 because the process ended first; backend: ${backend.origin}/v1/traces)`);
});

test('reports lost spans by cause', async () => {
  await using backend = await traceBackend();
  const { queue, end } = queueTo(backend.origin, { maxQueueSize: 2 });
  await end('a', 'b', 'c');
  await queue.forceFlush();
  backend.trouble = status(400);
  await end('d');
  await queue.shutdown();
  expect(queue.giveUp()).toBe(
    `Spans lost since the start: 2 (1 because the queue was full, 1 because the backend rejected them; backend: ${backend.origin}/v1/traces)`,
  );
});

test('requests have the headers and compression from the environment, and share a connection', async () => {
  await using backend = await traceBackend();
  const { queue, end } = queueTo(
    backend.origin,
    {},
    {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20b2Y=,x-scope=all',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-scope=traces',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    },
  );
  for (const name of ['a', 'b', 'c']) {
    await end(name);
    await queue.forceFlush();
  }
  expect(names(backend)).toEqual(['a', 'b', 'c']);
  expect(backend.requests[0]?.headers).toMatchObject({
    authorization: 'Basic b2Y=',
    'x-scope': 'traces',
    'content-encoding': 'gzip',
    'content-type': 'application/x-protobuf',
  });
  expect(new Set(backend.requests.map(({ socket }) => socket)).size).toBe(1);
  await queue.shutdown();
});

test('spans that are not sampled are not sent', async () => {
  await using backend = await traceBackend();
  const { queue } = queueTo(backend.origin);
  const [one] = await spans('unsampled');
  queue.onEnd(Object.create(one!, { spanContext: { value: () => ({ ...one!.spanContext(), traceFlags: 2 }) } }) as ReadableSpan);
  await queue.forceFlush();
  expect([queue.deliveries.waiting, backend.requests.length]).toEqual([0, 0]);
  await queue.shutdown();
});

test('deliveries are not traced, and do not run in the context of a request', async () => {
  const seen: unknown[] = [];
  const top = outside(() => context.active());
  const { queue, end } = queueFor({
    name: 'nowhere',
    add: () => 1,
    take: () => undefined,
    send: async () => (
      seen.push(isTracingSuppressed(context.active()), context.active() === top),
      { outcome: 'delivered', rejected: 0, reason: '' }
    ),
    close: async () => undefined,
  });
  const [one] = await spans('inner');
  await span('request', () => queue.onEnd(one!));
  await recorded.take(1);
  await queue.forceFlush();
  await end('other');
  await queue.shutdown();
  expect(seen).toEqual([true, false, true, false]);
});

test.each([
  ['zipkin', { OTEL_TRACES_EXPORTER: 'zipkin' }],
  ['otlp as JSON', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_TIMEOUT: '500' }],
])("the SDK's exporters use the same queue: %s", async (_what, env) => {
  await using backend = await traceBackend();
  const zipkin = { OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${backend.origin}/api/v2/spans`, OTEL_EXPORTER_OTLP_ENDPOINT: backend.origin };
  const before = { ...process.env };
  Object.assign(process.env, zipkin, env);
  try {
    const { queue, warnings, end } = queueTo(backend.origin, { maxQueueBytes: 20_000 }, { ...zipkin, ...env });
    backend.trouble = times(2, backend, status(503));
    await end(...numbered(100));
    const { waiting } = queue.deliveries;
    expect(waiting).toBeLessThan(100);
    await queue.forceFlush();
    expect(queue.deliveries).toMatchObject({ waiting: 0, delivered: waiting, lostBy: { queueFull: 100 - waiting } });
    expect(backend.received.spans.length + backend.received.zipkin.length).toBe(waiting);

    backend.trouble = status(400);
    await end('refused');
    await queue.forceFlush();
    expect(queue.deliveries.lostBy.refused).toBe(1);
    expect(warnings).toHaveLength(4);
    await queue.shutdown();
  } finally {
    process.env = before;
  }
});
