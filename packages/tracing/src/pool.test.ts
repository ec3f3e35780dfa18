import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { environment } from './testing/run-program.ts';
import { attribute, traceBackend, type ReceivedSpan } from './testing/trace-backend.ts';

const PROGRAM = fileURLToPath(new URL('./testing/pool-program.ts', import.meta.url));

/** Runs pool-program.ts until it ends by itself. Its threads deliver their spans only at the end. */
async function run(what: string, ...node: string[]) {
  await using backend = await traceBackend();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.origin, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '600000' };
  const child = spawn(process.execPath, [...node, PROGRAM, what], {
    env: environment(env),
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect({ code: code as unknown, errors }).toEqual({ code: 0, errors: '' });
  const { results, closed } = JSON.parse(output) as { results: unknown; closed: unknown };
  const spans = (name: string): ReceivedSpan[] => backend.received.spans.filter((one) => one.name === name);
  return { results, closed, spans, all: backend.received.spans };
}

test.each([
  ['started by the task', []],
  ['preloaded', ['--import', '@waymark/tracing/register']],
])('50 tasks in two threads, tracing %s: all spans are delivered, each below its caller', async (_how, node) => {
  const { results, spans, all, closed } = await run('many', ...node);
  expect(results).toEqual(Array.from({ length: 50 }, (_, n) => ({ n, user: 'ada', traffic: 'bench' })));
  expect(closed).toMatchObject({ message: 'The pool of pool-task is closed: run before close()' });
  // The closed pool rejected the last one.
  const callers = spans('run pool-task').filter((span) => span.parentSpanId === spans('request')[0]?.spanId);
  expect([callers.length, spans('resize').length, spans('scale').length, all.length]).toEqual([50, 50, 50, 152]);
  for (const task of spans('resize')) {
    const caller = callers.find(({ spanId }) => spanId === task.parentSpanId);
    expect(attribute(caller, 'waymark.peer.span')).toBe(task.spanId);
    expect(attribute(task, 'waymark.segment.spans')).toBe(2);
  }
  expect(new Set(all.map(({ traceId }) => traceId)).size).toBe(2);
});

test('the caller gets a task’s error, which fails both spans', async () => {
  const { results, spans } = await run('fail');
  expect(results).toEqual({ name: 'Declined', code: 'declined', message: 'too large' });
  const [task] = spans('resize');
  const caller = spans('run pool-task').find(({ parentSpanId }) => parentSpanId);
  expect(attribute(task, 'error.type')).toBe('declined');
  expect(attribute(caller, 'error.type')).toBe('declined');
  expect(attribute(caller, 'waymark.peer.span')).toBe(task?.spanId);
});

test.each([
  ['die', { name: 'Error', message: 'what nobody catches ends a thread' }],
  ['abort', { name: 'AbortError', message: 'The task has been aborted' }],
])('if a thread ends during a task (%s), the task’s fate is unknown, and the pool still closes', async (what, error) => {
  const { results, spans } = await run(what);
  expect(results).toEqual(error);
  const caller = spans('run pool-task').find(({ parentSpanId }) => parentSpanId);
  expect(attribute(caller, 'waymark.peer.unknown')).toBe(true);
});

test('rejects tasks when the queue is full, with or without a signal', async () => {
  const { results, spans } = await run('full');
  expect((results as unknown[]).slice(0, 3)).toMatchObject([{ n: 0 }, { n: 1 }, { n: 2 }]);
  expect((results as unknown[])[3]).toEqual({
    name: 'QueueFullError',
    message: 'The pool of pool-task has 1 tasks waiting, and no more may: send fewer at a time, or answer 503',
  });
  expect(spans('run pool-task').filter((one) => attribute(one, 'waymark.peer.unknown')).length).toBe(0);
});

test('an input that cannot be cloned rejects in the caller and never reaches a thread', async () => {
  const { results, spans } = await run('function');
  expect(results).toMatchObject({ name: 'DataCloneError' });
  expect(spans('run pool-task').map((one) => attribute(one, 'waymark.peer.unknown'))).toEqual([undefined, undefined]);
});

test('a missing file fails each task that needs it', async () => {
  const { results } = await run('absent');
  expect(results).toMatchObject([{ message: expect.stringContaining('absent.ts') }, {}, {}]);
});
