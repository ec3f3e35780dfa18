import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from './run.ts';

const ESC = '\u001b';

/** What a terminal obeys: colours, a window title, an erased screen, text that runs backwards; and what GitHub Actions obeys. */
const HOSTILE =
  '::error title=owned::owned \u001b[31mred\u001b[8m hidden \u001b]0;title\u0007 \u009b2J \u0085 \u202etxet\u2066 \u200b\ud800' +
  '\n::error::owned\r\n  ::warning::owned\u2028::add-mask::owned ##[error]owned';

const id = (digit: number): string => String(digit).repeat(16);
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const number = (key: string, intValue: number): object => ({ key, value: { intValue } });

/** A trace in which every text is hostile. */
function hostileTrace(traceId: string, lastKind: number): object {
  const everything = [
    text(HOSTILE, HOSTILE),
    text('error.type', HOSTILE),
    text('messaging.message.id', HOSTILE),
    text('messaging.system', HOSTILE),
  ];
  const span = (id: string, parentSpanId: string, kind: number, attributes: readonly object[] = []): object => ({
    traceId,
    spanId: id,
    parentSpanId,
    name: HOSTILE,
    kind,
    traceState: HOSTILE,
    startTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
    endTimeUnixNano: String(BigInt(Date.now() + 5) * 1_000_000n),
    status: { code: 2, message: HOSTILE },
    attributes: [...everything, ...attributes],
    events: [
      { name: HOSTILE, attributes: everything },
      { name: 'exception', attributes: [text('exception.message', HOSTILE)] },
    ],
    links: [{ traceId, spanId: id, attributes: everything }],
  });
  const spans = [
    span(id(1), '', 2, [number('waymark.segment.spans', 9), text('waymark.truncated', HOSTILE), text('http.request.method', HOSTILE)]),
    span(id(2), id(1), 3, [text('waymark.peer.span', HOSTILE), text('db.system.name', HOSTILE), text('db.namespace', HOSTILE)]),
    span(id(3), id(1), 4, [number('waymark.job.next_attempt', 3)]),
    span(id(4), id(3), 5, [text('password', HOSTILE), number('waymark.job.attempt', 2)]),
    span(id(4), id(3), lastKind),
    span(id(5), HOSTILE, 1),
    span(HOSTILE, id(1), 1),
  ];
  const scopeSpans = [{ scope: { name: HOSTILE, version: HOSTILE }, spans }];
  const other = { resource: { attributes: [text('service.name', `other ${HOSTILE}`)] }, scopeSpans: [{ spans: [span(id(6), id(2), 2)] }] };
  return { resourceSpans: [{ resource: { attributes: [text('service.name', HOSTILE), text(HOSTILE, HOSTILE)] }, scopeSpans }, other] };
}

const KNOWN = 'a'.repeat(32);
const REFUSED = 'b'.repeat(32);

/** What answers like a Jaeger, and means ill. */
const backend: Server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://localhost');
  const refused = { error: { httpCode: 400, message: HOSTILE } };
  const body = pathname.endsWith('/services')
    ? { services: [HOSTILE] }
    : pathname.endsWith(REFUSED)
      ? refused
      : { result: hostileTrace(KNOWN, 5) };
  response.writeHead(pathname.endsWith(REFUSED) ? 400 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

let directory: string;
let url: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trace-hostile-'));
  await writeFile(join(directory, 'one.json'), JSON.stringify(hostileTrace(HOSTILE, 5)));
  await writeFile(join(directory, 'two.json'), JSON.stringify(hostileTrace(`${HOSTILE}2`, 4)));
  await writeFile(join(directory, 'no.json'), JSON.stringify({ [HOSTILE]: HOSTILE }));
  await writeFile(join(directory, 'text'), HOSTILE);
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
});
afterAll(async () => {
  backend.close();
  backend.closeAllConnections();
  await rm(directory, { recursive: true });
});

/** Runs `trace` in a run of GitHub Actions; gives what goes to the terminal. */
async function terminal(args: readonly string[], colours: boolean): Promise<{ out: string; err: string; code: number }> {
  let [out, err] = ['', ''];
  const stop = new AbortController();
  const code = await run(args, {
    env: { GITHUB_ACTIONS: 'true', TRACES_URL: url },
    terminal: { columns: 120, colours },
    out: (text) => {
      out += text;
      stop.abort();
    },
    err: (text) => void (err += text),
    input: async () => `${JSON.stringify(hostileTrace(HOSTILE, 5))}\n${HOSTILE}`,
    interrupted: () => stop.signal,
  });
  return { out, err, code };
}

const COMMANDS: readonly string[][] = [
  ['show', 'one.json'],
  ['verify', 'one.json'],
  ['verify', KNOWN],
  ['compare', 'one.json', 'two.json'],
  ['services', 'one.json'],
  ['flow', 'one.json'],
  ['flow', '--sequence', 'one.json'],
  ['wait', '--timeout', '20ms', KNOWN],
  ['search', HOSTILE],
  ['watch'],
];

const all = COMMANDS.flatMap((args) => [args, [...args, '--json']]).flatMap((args) => [true, false].map((colours) => ({ args, colours })));
const inJson = COMMANDS.map((args): [string, string[]] => [args.join(' ').replace(HOSTILE, '<hostile>'), [...args, '--json']]);
const pathsIn = (args: readonly string[]): string[] => args.map((arg) => (/^(\w+\.json|text)$/.test(arg) ? join(directory, arg) : arg));
const titled = ({ args, colours }: (typeof all)[number]): [string, (typeof all)[number]] => [
  `${args.join(' ').replace(HOSTILE, '<hostile>')}${colours ? ' in colour' : ''}`,
  { args, colours },
];

/** The colours that our own drawing uses, each of them closed before the line ends. */
const withoutOurColours = (line: string): string => line.replaceAll(OUR_COLOURS, '$1');
const OUR_COLOURS = new RegExp(`${ESC}\\[(?:3[1-6]|9[356]|38;5;\\d{1,3})m([^${ESC}]*)${ESC}\\[(?:0|39)m`, 'g');

function expectHarmless(written: string): void {
  const lines = written.split('\n');
  expect(lines.map(withoutOurColours).filter((line) => /[\p{C}\u2028\u2029]/u.test(line))).toEqual([]);
  const ours = /^::(?:error|notice) title=(?:[\w-]+ in trace |trace )/;
  const commands = lines.filter((line) => /^\s*::/.test(line) || line.includes('##['));
  expect(commands.filter((line) => !ours.test(line))).toEqual([]);
}

test.each(all.map(titled))('trace %s: no data in a trace controls the terminal or GitHub Actions', async (_, { args, colours }) => {
  const { out, err } = await terminal(pathsIn(args), colours);
  expect(out + err).toMatch(/owned/);
  expectHarmless(out);
  expectHarmless(err);
});

test.each(inJson)('trace %s --json prints valid JSON', async (_, args) => {
  expect(JSON.stringify(JSON.parse((await terminal(pathsIn(args), false)).out))).toContain('owned');
});

test('JSON contains the same data as the trace', async () => {
  const { out } = await terminal(['show', join(directory, 'one.json'), '--json'], false);
  const [{ traceId, spans }] = JSON.parse(out) as [{ traceId: string; spans: { name: string; service: string }[] }];
  expect([traceId, spans[0]?.name, spans[0]?.service]).toEqual([HOSTILE, HOSTILE, HOSTILE]);
});

test('verify adds annotations for its findings only', async () => {
  const { out } = await terminal(['verify', join(directory, 'one.json')], false);
  expect(out).toMatch(/^::error title=span-id-malformed in trace %3A%3Aerror title=owned/m);
  expect(out.match(/^::/gm)?.length).toBeLessThanOrEqual(50);
});

test.each<[string, string[], RegExp]>([
  ['a file without a trace', ['show', 'no.json'], /is not a trace: this is an object with "::error/],
  ['a file that is not JSON', ['show', 'text'], /is not JSON/],
  ['a line that is not JSON', ['show', '-'], /line 2 of standard input is not JSON/],
  ['an answer with an error', ['show', REFUSED], /not a trace but an error answer: ::error/],
  ['an unknown file', ['show', HOSTILE], /cannot be read \(ENOENT\)/],
  ['an unknown command', [HOSTILE], /there is no command "::error/],
  ['an unknown option', ['show', `--${HOSTILE}`], /Unknown option/],
])('an error about %s does not either', async (_, args, message) => {
  const { out, err, code } = await terminal(pathsIn(args), true);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(message);
  expectHarmless(err);
});
