import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { order } from '../testing/order.ts';
import { runTrace } from '../testing/run-trace.ts';
import { newTraceId, otlp, request, send, span } from '../testing/spans.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

let store: RunningTraceStore;
let directory: string;
let url: string[];
const [good, bad, short] = [newTraceId(), newTraceId(), newTraceId()];
const goodSpans = otlp(order(), { traceId: good });
const goodFile = JSON.stringify(request(goodSpans));
const badFile = JSON.stringify(request(otlp(order({ status: 500 }), { traceId: bad })));

beforeAll(async () => {
  store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  directory = await mkdtemp(join(tmpdir(), 'trace-cli-'));
  url = ['--url', store.url];
  await send(store.otlpUrl, goodSpans);
  await send(store.otlpUrl, otlp(order({ status: 500, insert: 'UPDATE orders' }), { traceId: bad }));
  await send(store.otlpUrl, otlp(order(), { traceId: short, epochMs: Date.now() - 60_000 }).slice(0, -1));
  await writeFile(join(directory, 'bad.json'), badFile);
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

test('show draws a trace from a backend, a file or standard input', async () => {
  const fromUrl = await runTrace(['show', good, ...url]);
  expect(fromUrl.code).toBe(0);
  expect(fromUrl.out).toMatch(
    /^\d+ % of 9\.00 ms went to order `POST \/orders`\.\ntrace \w+\n.*5 spans · 2 services\ngateway POST \/v1\/orders 201/,
  );
  expect(fromUrl.out).toMatch(/\ncomplete: 5 spans/);
  expect((await runTrace(['show', good], { env: { TRACES_URL: store.url } })).out).toBe(fromUrl.out);
  expect((await runTrace(['show', '-'], { input: goodFile })).out).toBe(fromUrl.out);
  expect((await runTrace(['show', join(directory, 'bad.json')])).out).toContain('POST /orders 500');
  expect(JSON.parse((await runTrace(['show', good, '--json', ...url])).out)).toMatchObject([
    { traceId: good, broken: false, spans: [{ service: 'gateway' }, {}, {}, {}, {}] },
  ]);
});

test('show names the spans of other traces that link to the trace', async () => {
  const [first] = goodSpans;
  const link = { traceId: good, spanId: first!.span.spanId };
  const traceId = newTraceId();
  await send(store.otlpUrl, otlp(span('order', 'CONSUMER', 'process fulfil', {}, [], { links: [link] }), { traceId }));
  const line = `gateway POST /v1/orders ← order process fulfil in trace ${traceId}`;
  expect((await runTrace(['show', good, ...url])).out).toContain(`\n${line}\ncomplete: 5 spans`);
  expect(JSON.parse((await runTrace(['show', good, '--json', ...url])).out)).toMatchObject([{ linkedFrom: [{ name: 'process fulfil' }] }]);
});

test('show and verify read JSON lines, as the Collector writes them to a file', async () => {
  const [first, ...others] = goodSpans;
  const lines = [[first], others].map((spans) => JSON.stringify(request(spans as typeof goodSpans)));
  const metrics = JSON.stringify({ resourceMetrics: [] });
  const input = `${lines[0]}\n${metrics}\n\n${lines[1]}\n`;
  expect(await runTrace(['verify', '-'], { input })).toMatchObject({ code: 0, out: expect.stringContaining('complete: 5 spans') });
  await writeFile(join(directory, 'traces.jsonl'), input);
  expect((await runTrace(['show', join(directory, 'traces.jsonl')])).out).toBe((await runTrace(['show', '-'], { input })).out);
  const cut = { input: `${lines[0]}\n${lines[1]?.slice(0, 50)}` };
  expect(await runTrace(['verify', '-'], cut)).toMatchObject({
    code: 2,
    err: expect.stringContaining('line 2 of standard input is not JSON'),
  });
  const twice = await runTrace(['verify', '-'], { input: `${lines.join('\n')}\n${lines.join('\n')}` });
  expect(twice).toMatchObject({ code: 0, out: expect.stringContaining('note span-delivered-twice: 5 spans were delivered twice') });
});

test('prints colours only if they are wanted', async () => {
  expect((await runTrace(['show', good, ...url])).out).not.toContain('\u001b');
  expect((await runTrace(['show', good, ...url], { colour: true })).out).toContain('\u001b[32mcomplete');
});

/** The command line in a process of its own, whose output is a pipe. */
async function piped(env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [MAIN, 'show', good, ...url], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}

test.each<[Record<string, string>, boolean]>([
  [{}, false],
  [{ FORCE_COLOR: '1' }, true],
  [{ FORCE_COLOR: '' }, true],
  [{ FORCE_COLOR: '0' }, false],
  [{ NO_COLOR: '1' }, false],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true],
])('in a pipe, %j decides whether there are colours', async (env, coloured) => {
  expect((await piped(env)).includes('\u001b[')).toBe(coloured);
});

test.each([
  [{ COLUMNS: '70' }, 70],
  [{ COLUMNS: '160' }, 160],
  [{ COLUMNS: 'wide' }, 120],
  [{}, 120],
])('in a pipe, %j makes lines of %i columns', async (env, columns) => {
  const [, , , row = ''] = (await piped(env)).split('\n');
  expect(row).toHaveLength(columns);
});

test('NO_COLOR and COLUMNS also apply on a terminal', async () => {
  const { out } = await runTrace(['show', good, ...url], { colour: true, columns: 150, env: { NO_COLOR: '1', COLUMNS: '80' } });
  expect(out).not.toContain('\u001b');
  expect(out.split('\n')[3]).toHaveLength(80);
});

test('verify exits with 1 on a broken trace, and says why', async () => {
  expect(await runTrace(['verify', good, ...url])).toMatchObject({ code: 0, out: expect.stringContaining('complete: 5 spans') });
  expect(await runTrace(['verify', short, ...url])).toMatchObject({
    code: 1,
    out: expect.stringMatching(
      /^incomplete: 1 of the 3 spans of order `POST \/orders` is missing.*\n(.*\n)* {2}missing: 1 of the 3 spans of order `POST \/orders`/m,
    ),
  });
  expect(JSON.parse((await runTrace(['verify', short, good, '--json', ...url])).out)).toMatchObject([{ broken: true }, { broken: false }]);
});

test('verify exits with 1 if a required service is missing', async () => {
  expect(await runTrace(['verify', good, '--services', 'gateway,order', ...url])).toMatchObject({ code: 0, err: '' });
  expect(await runTrace(['verify', good, '--services', 'gateway, inventory', ...url])).toMatchObject({
    code: 1,
    err: `trace: inventory does not take part in trace ${good}; these do: gateway, order`,
  });
  expect((await runTrace(['verify', good, '--services', ',', ...url])).code).toBe(2);
});

test('verify adds annotations only in GitHub Actions', async () => {
  const { out } = await runTrace(['verify', '-'], { input: badFile, env: { GITHUB_ACTIONS: 'true' } });
  expect(out).toContain(`::error title=status-contradicted in trace ${bad}::`);
  expect(out).not.toMatch(/::error title=[^:]*%(?!25|0D|0A|3A|2C)/);
  expect((await runTrace(['verify', '-'], { input: badFile })).out).not.toContain('::error');
});

test('compare exits with 1 if the traces differ', async () => {
  expect(await runTrace(['compare', good, good, ...url])).toMatchObject({ code: 0 });
  expect(await runTrace(['compare', good, bad, ...url])).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^- +order {2}INSERT orders/m),
  });
});

test.each([
  [[], '0 were given'],
  [[good], '1 was given'],
  [[good, bad, good], '3 were given'],
])('compare of %j says how it is used', async (operands, given) => {
  const usage = `trace: compare takes two traces, but ${given}. Usage: trace compare <trace> <trace>`;
  expect(await runTrace(['compare', ...operands, ...url])).toEqual({ code: 2, out: '', err: usage });
});

test('verify prints the findings for 20,000 orphans, and adds annotations for the first 50', async () => {
  const [one] = goodSpans;
  const orphan = (at: number): (typeof goodSpans)[number] => {
    const id = (digit: number): string => (digit * 1_000_000 + at).toString(16).padStart(16, '0');
    const old = { startTimeUnixNano: '1', endTimeUnixNano: '2' };
    return { service: 'order', span: { ...one?.span, ...old, name: 'lost', spanId: id(1), parentSpanId: id(2), attributes: [] } };
  };
  const input = JSON.stringify(request(Array.from({ length: 20_000 }, (_, at) => orphan(at))));
  const { code, out } = await runTrace(['verify', '-'], { input, env: { GITHUB_ACTIONS: 'true' } });
  expect(code).toBe(1);
  expect(out.match(/^ {2}error orphan/gm)).toHaveLength(20_000);
  expect(out.match(/^::/gm)).toHaveLength(50);
  expect(out).toMatch(/::notice title=trace verify::and \d+ more, in the log$/);
});

test('services and flow cover all traces', async () => {
  expect((await runTrace(['services', good, bad, ...url])).out).toMatch(/^service +spans +median .*\norder +6 /);
  expect((await runTrace(['flow', good, ...url])).out).toMatch(/^flowchart LR\n[^]*"order"/);
  expect((await runTrace(['flow', good, '--sequence', ...url])).out).toMatch(/^sequenceDiagram/);
  expect((await runTrace(['flow', good, bad, '--sequence', ...url])).code).toBe(2);
});

test('wait exits with 1 after the timeout, and says what is missing', async () => {
  expect(await runTrace(['wait', good, ...url])).toMatchObject({ code: 0, out: expect.stringContaining('complete: 5 spans') });
  expect(await runTrace(['wait', short, '--timeout', '20ms', ...url])).toMatchObject({
    code: 1,
    err: expect.stringContaining('1 of the 3 spans of order'),
  });
});

test('search finds the traces of a service', async () => {
  const { code, out } = await runTrace(['search', 'order', '--span', 'UPDATE orders', ...url]);
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^\\S+ {2}${bad} .* gateway SERVER POST /v1/orders 500 {2}broken; failed: order answered [^\\n]*$`));
  expect((await runTrace(['search', 'order', ...url, '--attribute', 'http.route=/orders'])).out.split('\n')).toHaveLength(3);
  expect((await runTrace(['search', 'order', ...url, '--longer', '1h'])).code).toBe(1);
  expect((await runTrace(['search', 'ordr', ...url])).err).toContain('It has no service "ordr". Did you mean "order"?');
});

test.each<[string[], RegExp]>([
  [['sohw'], /there is no command "sohw"\. Did you mean "show"\?/],
  [['paint'], /The commands are show, verify, compare/],
  [['show', '--jsn', 'x'], /Unknown option '--jsn'\. Did you mean "--json"\? See trace show --help\./],
  [['show'], /a trace is missing: give a trace id, a file, or -/],
  [['show', '5f0c'], /5f0c cannot be read \(ENOENT\)\. It is not a trace id either: that has 32 hex digits, not 4/],
  [['show', '-'], /standard input is not JSON/],
  [['show', 'a'.repeat(32), '--url', 'localhost:1'], /"localhost:1" is not the URL of a trace backend/],
  [['wait', 'a'.repeat(32), '--timeout', '5'], /--timeout takes a duration such as 500ms/],
  [['search', 'order', '--limit', 'x'], /--limit takes a number/],
])('%j is a usage error', async (args, message) => {
  expect(await runTrace(args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
});

test('a trace that does not exist is reported', async () => {
  expect(await runTrace(['show', 'a'.repeat(32), ...url])).toMatchObject({ code: 2, err: expect.stringContaining('there is no trace') });
  expect(await runTrace(['show', '-'], { input: '{"a":1}' })).toMatchObject({
    code: 2,
    err: expect.stringContaining('standard input is not a trace'),
  });
});

test('every command has a help text', async () => {
  const { code, out } = await runTrace(['--help']);
  expect(code).toBe(0);
  const commands = [...out.matchAll(/^ {2}(\w+) /gm)].map(([, name = '']) => name);
  expect(commands).toEqual(['show', 'verify', 'compare', 'services', 'flow', 'impact', 'wait', 'search', 'watch']);
  for (const name of commands)
    expect(await runTrace([name, '--help'])).toMatchObject({ code: 0, out: expect.stringContaining(`usage: trace ${name}`) });
  expect((await runTrace([])).code).toBe(2);
});
