import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { attribute, traceBackend, type ReceivedSpan } from '../testing/trace-backend.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../testing/sql-program.ts', import.meta.url));

let spans: ReceivedSpan[];
beforeAll(async () => {
  await using backend = await traceBackend();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.origin, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  const args = ['--import', '@waymark/tracing/register', PROGRAM, process.env['TEST_POSTGRES_URL'] ?? ''];
  await promisify(execFile)(process.execPath, args, { cwd: PACKAGE, env });
  spans = backend.received.spans;
});

/** Finds the query inside the span with this name. */
function queryIn(name: string): ReceivedSpan | undefined {
  const outer = spans.find((one) => one.name === name);
  return spans.find(({ parentSpanId }) => outer && parentSpanId === outer.spanId);
}

const ERROR = 2;

test.each([
  ['with parameters', 'SELECT', 'select $1::text as one, 7 as seven'],
  ['with literals', 'SELECT', 'select ? as one, ? as two  '],
  ['without values', 'SELECT', 'select ? as one'],
  ['duplicate key', 'INSERT things', 'insert into things values (?)'],
])('the text of a query %s', (name, summary, shown) => {
  const query = queryIn(name);
  expect(query?.name).toBe(summary);
  expect(attribute(query, 'db.query.text')).toBe(shown);
});

test('no query span contains a literal', () => {
  const queries = spans.filter((one) => attribute(one, 'db.system.name') === 'postgresql');
  expect(queries.length).toBeGreaterThan(5);
  expect(JSON.stringify(queries)).not.toContain('hunter2');
});

test.each([
  ['no such table', '42P01', '42P01'],
  ['duplicate key', '23505', '23505'],
  ['in a callback', '22012', '22012'],
  ['connection lost', '57P01', '57P01'],
  ['connection closed', undefined, 'Error'],
])('a failed query (%s) has db.response.status_code %s and error.type %s', (name, status, type) => {
  const query = queryIn(name);
  expect(query?.status?.code).toBe(ERROR);
  expect([attribute(query, 'db.response.status_code'), attribute(query, 'error.type')]).toEqual([status, type]);
});

test('a successful query has neither', () => {
  const query = queryIn('with parameters');
  expect([attribute(query, 'db.response.status_code'), attribute(query, 'error.type')]).toEqual([undefined, undefined]);
});
