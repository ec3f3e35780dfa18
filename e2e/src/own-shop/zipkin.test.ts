import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { FULFILLED_ORDER } from '../scenarios/parts.ts';
import { until } from '@waymark/service-kit/testing/until';
import { startOwnShop } from './own-shop.ts';

/** A span in Zipkin's API. */
interface ZipkinSpan {
  traceId: string;
  id: string;
  parentId?: string;
  name: string;
  kind?: string;
  timestamp: number;
  duration: number;
  localEndpoint: { serviceName: string };
  tags: Record<string, string>;
}

const jar = process.env['ZIPKIN_JAR'];

(jar ? describe : describe.skip)(`a real Zipkin${jar ? '' : ' (skipped: ZIPKIN_JAR is not set)'}`, () => {
  test('receives the complete trace of an order', async () => {
    await using zipkin = await startZipkin(jar!);
    const all = { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${zipkin.url}/spans` };
    await using own = await startOwnShop({ all });
    const { traceId, body } = await own.demo.place('desk-lamp');
    expect(await own.demo.ended(body.id)).toMatchObject({ status: 'fulfilled' });

    const expected = withParents(FULFILLED_ORDER);
    const spans = await until(
      async () => zipkin.get<ZipkinSpan[]>(`trace/${traceId}`).catch(() => []),
      ({ length }) => length >= expected.length,
      `${expected.length} spans in Zipkin`,
    );
    expect(spans.map((span) => `${line(span)} < ${line(spans.find(({ id }) => id === span.parentId))}`).toSorted()).toEqual(expected);
    // The manifest is exported too: the declared sizes add up.
    expect(spans.reduce((sum, { tags }) => sum + Number(tags['waymark.segment.spans'] ?? 0), 0)).toBe(spans.length);
    expect(spans.every(({ timestamp, duration }) => Number.isInteger(timestamp) && duration >= 1)).toBe(true);

    const calls = await zipkin.get<{ parent: string; child: string }[]>(`dependencies?endTs=${Date.now() + 60_000}&lookback=3600000`);
    expect(calls.map(({ parent, child }) => `${parent} → ${child}`)).toEqual(
      expect.arrayContaining(['gateway → auth', 'gateway → order', 'order → inventory']),
    );
  }, 180_000);
});

/** `span < parent` for each line of a tree. Zipkin changes names to lower case and has no kind INTERNAL. */
function withParents(tree: string): string[] {
  const above: string[] = [];
  const lines = tree.split('\n').flatMap((text) => {
    const [, indent = '', service, kind = '', name = ''] = /^( *)(\w+) ([A-Z]+) (.*?)(?: \d{3})?(?: [\w.]+=\S+)*$/.exec(text) ?? [];
    if (!service) return [];
    const depth = indent.length / 2;
    above[depth] = line({ localEndpoint: { serviceName: service }, kind, name });
    return [`${above[depth]} < ${above[depth - 1] ?? line(undefined)}`];
  });
  return lines.toSorted();
}

function line(span: Pick<ZipkinSpan, 'localEndpoint' | 'kind' | 'name'> | undefined): string {
  return span ? `${span.localEndpoint.serviceName} ${span.kind ?? 'INTERNAL'} ${span.name.toLowerCase()}` : 'nobody';
}

/** Starts a Zipkin server with in-memory storage on a free port. */
async function startZipkin(executable: string): Promise<{ url: string; get<T>(path: string): Promise<T> } & AsyncDisposable> {
  const env = { ...process.env, QUERY_PORT: '0', STORAGE_TYPE: 'mem' };
  const server = spawn('java', ['-Xmx256m', '-jar', executable], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  for await (const said of createInterface({ input: server.stdout })) {
    const port = /Serving HTTP at .*:(\d+)\/?$/.exec(said)?.[1];
    if (!port) continue;
    server.stdout.resume();
    const url = `http://127.0.0.1:${port}/api/v2`;
    return {
      url,
      get: async <T>(path: string) => (await fetch(`${url}/${path}`)).json() as Promise<T>,
      async [Symbol.asyncDispose]() {
        server.kill();
        await exited;
      },
    };
  }
  throw new Error(`${executable} ended before it was ready. Is it the executable jar, and is Java 17 or newer installed?`);
}
