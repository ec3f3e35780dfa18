import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { encodeRequest } from '@waymark/span-store/testing';
import { storeForTest } from './testing/store-for-test.ts';

/** `TRACE_STORE_FUZZ=100000` for the long run. */
const COUNT = Number(process.env['TRACE_STORE_FUZZ'] ?? 3_000);
const MEMORY_MB = 16;

const whole = readFileSync(new URL('../../trace-model/src/fixtures/every-type.otlp.json', import.meta.url), 'utf8');
const SEEDS = [Buffer.from(whole), encodeRequest(JSON.parse(whole) as object)];

const damaged = fc
  .tuple(fc.constantFrom(...SEEDS), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }), fc.option(fc.nat()))
  .map(([seed, changes, cut]) => {
    const body = Buffer.from(seed);
    for (const [at, byte] of changes) body[at % body.length] = byte;
    return cut === null ? body : body.subarray(0, cut % body.length);
  });

const body = fc.oneof(
  { weight: 6, arbitrary: damaged },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.json().map((inner) => Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${inner}]}]}]}`)) },
);

const headers = fc.record(
  {
    'content-type': fc.constantFrom('application/x-protobuf', 'application/json', 'text/plain'),
    'content-encoding': fc.constantFrom('gzip', 'deflate', 'br', 'identity'),
  },
  { requiredKeys: ['content-type'] },
);

const sent = fc.record({
  path: fc.constantFrom('/v1/traces', '/v1/traces', '/v1/traces', '/v1/logs', '/'),
  body,
  headers,
  zipped: fc.boolean(),
});

test(
  `${COUNT} malformed or random bodies: no crash, no error of its own, memory within its bound`,
  async () => {
    const store = await storeForTest({ memoryMb: MEMORY_MB });
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const statuses = new Map<number, number>();
    const property = fc.asyncProperty(sent, async ({ path, body, headers, zipped }) => {
      const bytes = zipped && headers['content-encoding'] === 'gzip' ? gzipSync(body, { level: 1 }) : body;
      const status = await post(agent, store.otlpUrl + path, bytes, headers);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect([200, 400, 404, 413, 415]).toContain(status);
    });
    await fc.assert(property, { numRuns: COUNT });
    agent.destroy();
    expect(store.stats().bytes).toBeLessThanOrEqual(MEMORY_MB * 1_000_000);
    expect(store.stats().failedRequests).toBe(0);
    // What got through can be read.
    for (const path of [
      '/api/services',
      '/api/dependencies?endTs=1900000000000&lookback=1000000000000',
      '/api/monitor?lookback=1000000h',
      '/api/v3/trace-summaries?query.startTimeMin=1970-01-01T00:00:00Z&query.startTimeMax=2200-01-01T00:00:00Z',
    ]) {
      expect((await fetch(store.url + path)).status).toBe(200);
    }
    expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([200, 400, 404, 415]);
  },
  COUNT * 20,
);

function post(agent: Agent, url: string, bytes: Buffer, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { agent, method: 'POST', headers: { ...headers, 'content-length': bytes.length } }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    sending.once('error', reject).end(bytes);
  });
}
