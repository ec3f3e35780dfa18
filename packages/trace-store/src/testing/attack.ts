// node packages/trace-store/src/testing/attack.ts [path of a main.ts]
// Attacks a trace store in its own process. Prints the peak of its memory, and how long other requests waited.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { encodeRequest } from '@waymark/span-store/testing';

interface Target {
  readonly pid: number;
  readonly otlp: string;
  readonly grpc: string | undefined;
  readonly ui: string;
  stop(): Promise<void>;
}

const MAIN = process.argv[2] ?? fileURLToPath(new URL('../main.ts', import.meta.url));
const TRACE = 'a'.repeat(32);
const LARGEST = 16_000_000;

async function start(): Promise<Target> {
  const child = spawn(process.execPath, [MAIN, '--otlp-port', '0', '--ui-port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (line.startsWith('memory')) break;
  }
  const url = (label: string): string | undefined =>
    said
      .find((line) => line.startsWith(label))
      ?.split(/\s+/)
      .at(-1);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { pid: child.pid ?? 0, otlp: url('OTLP/HTTP') ?? '', grpc: url('OTLP/gRPC'), ui: url('UI') ?? '', stop };
}

/** The peak memory of a process, in MB. */
const peakMb = async (pid: number): Promise<number> =>
  Math.round((Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1] ?? 0) * 1024) / 1e6);

/** Sends a body, and retries while the store has too many requests in progress. */
async function post(target: Target, body: Buffer | string): Promise<void> {
  const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf';
  const content = typeof body === 'string' ? body : new Uint8Array(body);
  for (let status = 429; status === 429;) {
    const answer = await fetch(`${target.otlp}/v1/traces`, { method: 'POST', body: content, headers: { 'content-type': type } }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer();
    status = answer?.status ?? 0;
    if (status === 429) await delay(200);
  }
}

/** The answer is read and thrown away; gives its size. */
async function read(url: string): Promise<number> {
  let size = 0;
  try {
    for await (const part of (await fetch(url)).body ?? []) size += part.length;
  } catch {
    return -size;
  }
  return size;
}

const spansOf = (from: number, count: number, more: object = {}): object[] =>
  Array.from({ length: count }, (_, at) => ({
    traceId: TRACE,
    spanId: (from + at + 1).toString(16).padStart(16, '0'),
    ...(from + at > 0 && { parentSpanId: '0000000000000001' }),
    name: 's',
    kind: 1,
    startTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
    endTimeUnixNano: String(BigInt(Date.now() + 1) * 1_000_000n),
    ...more,
  }));
const requestOf = (spans: object[]): object => ({
  resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }, scopeSpans: [{ spans }] }],
});

/** JSON of the largest size whose spans carry this list. */
function jsonWith(name: string, item: string): string {
  const head = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE}","spanId":"${'1'.repeat(16)}","${name}":[`;
  const tail = ']}]}]}]}';
  return head + `${item},`.repeat(Math.floor((LARGEST - head.length - tail.length) / (item.length + 1)) - 1) + item + tail;
}

async function fill(target: Target, spans: number): Promise<void> {
  for (let from = 0; from < spans; from += 50_000)
    await post(target, encodeRequest(requestOf(spansOf(from, Math.min(50_000, spans - from)))));
}

const times = (count: number, run: () => Promise<unknown>): Promise<unknown> => Promise.all(Array.from({ length: count }, run));
const HOUR = `start=${(Date.now() - 3_600_000) * 1000}&end=${(Date.now() + 3_600_000) * 1000}`;

const ATTACKS: readonly (readonly [what: string, attack: (target: Target) => Promise<unknown>])[] = [
  ['nothing', () => delay(500)],
  ['12 bodies of 16 MB of JSON, spans', (target) => times(12, () => post(target, JSON.stringify(requestOf(spansOf(0, 70_000)))))],
  ['12 bodies of 16 MB of JSON, empty lists', (target) => times(12, () => post(target, jsonWith('nonsense', '[]')))],
  [
    '12 bodies of 16 MB of JSON, attributes',
    (target) => times(12, () => post(target, jsonWith('attributes', '{"key":"a","value":{"boolValue":true}}'))),
  ],
  ['80 unfinished gRPC messages of 16 MB', flood],
  [
    'one trace of 1,400,000 spans, read 3 times',
    (target) =>
      fill(target, 1_400_000).then(() => times(3, () => read(`${target.ui}/api/v3/traces/${TRACE}?rawTraces=true&raw_traces=true`))),
  ],
  ['the same, adjusted', (target) => fill(target, 1_400_000).then(() => times(3, () => read(`${target.ui}/api/v3/traces/${TRACE}`)))],
  ['the same, Jaeger v1', (target) => fill(target, 1_400_000).then(() => times(3, () => read(`${target.ui}/api/traces/${TRACE}`)))],
  [
    'a trace of 90,000 spans, read 50 times',
    (target) => fill(target, 90_000).then(() => times(50, () => read(`${target.ui}/api/v3/traces/${TRACE}`))),
  ],
  [
    'a trace of 90,000 spans, found 50 times',
    (target) => fill(target, 90_000).then(() => times(50, () => read(`${target.ui}/api/traces?service=shop&${HOUR}&limit=1000&tag=a:b`))),
  ],
];

async function flood(target: Target): Promise<void> {
  if (target.grpc === undefined) return;
  const body = Buffer.alloc(LARGEST - 1);
  const prefix = Buffer.from([0, 0, 0, 0, 0]);
  prefix.writeUInt32BE(LARGEST, 1);
  const sessions = Array.from({ length: 20 }, () => connect(target.grpc ?? '').on('error', () => {}));
  for (const session of sessions) {
    for (let stream = 0; stream < 4; stream++) {
      const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
      const sending = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
      sending.on('error', () => {}).resume();
      sending.write(prefix);
      sending.write(body);
    }
  }
  await delay(5_000);
  for (const session of sessions) session.destroy();
}

/** In a thread of its own, so that the work of the attack does not count: keeps the longest wait for a small answer, in milliseconds. */
async function measureWaits({ ui, longest }: { ui: string; longest: Float64Array }): Promise<never> {
  for (;;) {
    const from = performance.now();
    await fetch(`${ui}/api/services`).then(
      (answer) => answer.arrayBuffer(),
      () => {},
    );
    longest[0] = Math.max(longest[0] ?? 0, performance.now() - from);
    await delay(20);
  }
}

async function run(): Promise<void> {
  process.stdout.write(`${'attack'.padEnd(46)}${'peak MB'.padStart(8)}${'longest wait'.padStart(14)}${'seconds'.padStart(9)}\n`);
  for (const [what, attack] of ATTACKS) {
    const target = await start();
    const longest = new Float64Array(new SharedArrayBuffer(8));
    const waits = new Worker(new URL(import.meta.url), { workerData: { ui: target.ui, longest } });
    const from = performance.now();
    await attack(target);
    const seconds = (performance.now() - from) / 1000;
    const peak = await peakMb(target.pid);
    await waits.terminate();
    const columns = [String(peak || 'died').padStart(8), `${Math.round(longest[0] ?? 0)} ms`.padStart(14), seconds.toFixed(1).padStart(9)];
    process.stdout.write(`${what.padEnd(46)}${columns.join('')}\n`);
    await target.stop();
  }
}

await (isMainThread ? run() : measureWaits(workerData as Parameters<typeof measureWaits>[0]));
