import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { serviceEnvironments } from './service-env.ts';

const urls = { auth: 'http://127.0.0.1:1', inventory: 'http://127.0.0.1:2', order: 'http://127.0.0.1:3', gateway: 'http://127.0.0.1:4' };
const databases = { auth: 'postgres://a', inventory: 'postgres://i', order: 'postgres://o' };
const environment = process.env;
const exporter = (all: Record<string, string>) => serviceEnvironments(urls, databases, { all }).auth['OTEL_TRACES_EXPORTER'];

beforeEach(() => {
  process.env = { PATH: '/bin', OTEL_TRACES_SAMPLER: 'always_on' };
});
afterEach(() => {
  process.env = environment;
});

test("passes the caller's environment on and adds the service's address", () => {
  const { gateway } = serviceEnvironments(urls, databases, {});
  expect(gateway).toMatchObject({
    PATH: '/bin',
    OTEL_TRACES_SAMPLER: 'always_on',
    HOST: '127.0.0.1',
    PORT: '4',
    OTEL_SERVICE_NAME: 'gateway',
  });
});

test("the extra environment wins, and a service's own wins over `all`", () => {
  const { auth, order } = serviceEnvironments(urls, databases, { all: { A: 'all', B: 'all' }, order: { B: 'order', PORT: '9' } });
  expect(auth).toMatchObject({ A: 'all', B: 'all', PORT: '1' });
  expect(order).toMatchObject({ A: 'all', B: 'order', PORT: '9' });
});

test('exports spans only if there is an endpoint or the user chose an exporter', () => {
  expect(exporter({})).toBe('none');
  expect(exporter({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBe('none');
  expect(exporter({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' })).toBeUndefined();
  expect(exporter({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' })).toBeUndefined();
  expect(exporter({ OTEL_TRACES_EXPORTER: 'console' })).toBe('console');
});
