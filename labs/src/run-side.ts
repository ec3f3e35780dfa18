import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { readTraces, type Trace } from '@waymark/trace-model';
import { judge } from './judge.ts';
import type { Lab, Side } from './lab.ts';
import type { Run } from './run.ts';

/** Where to send spans, and where to read traces. */
export interface Backend {
  otlpUrl: string;
  url: string;
}

/** Longer than any side needs on a busy machine. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 50;

/**
 * Runs a side as its own process, sends the lab's requests, and waits for the expected result: the fault of a broken side, or no fault of a
 * fixed one. After 15 s it returns what there is, and the caller judges it.
 */
export async function runSide(lab: Lab, folder: string, side: Side, backend: Backend): Promise<Run> {
  const service = `${side} ${basename(folder).slice(3)}`;
  const child = startSide(join(folder, `${side}.ts`), service, backend);
  const logs: Run['logs'][number][] = [];
  const errors: string[] = [];
  createInterface(child.stdout!).on('line', (line) => logs.push(asRecord(line)));
  createInterface(child.stderr!).on('line', (line) => errors.push(line));
  const ended = once(child, 'close');
  const since = BigInt(Date.now()) * 1_000_000n;
  try {
    const { url } = await firstMessage(child, errors);
    await (lab.ask ?? askOnce)(url);
    const shows = ({ faults }: { faults: readonly { code: string }[] }): boolean =>
      side === 'fixed' ? faults.length === 0 : faults.some(({ code }) => code === lab.fails);
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline && !shows(judge(lab, { traces: await tracesOf(service, since, backend), logs })))
      await delay(PAUSE_MS);
  } finally {
    child.kill('SIGTERM');
    await Promise.race([once(child, 'disconnect'), ended, delay(PATIENCE_MS, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await ended;
  }
  // The side exports its last spans when it ends. They count too: a fault that they remove was none.
  return { traces: await tracesOf(service, since, backend), logs };
}

function startSide(file: string, service: string, { otlpUrl }: Backend): ChildProcess {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    '@waymark/tracing/register',
    join(import.meta.dirname, 'side.ts'),
    file,
  ];
  const env = { ...process.env, OTEL_SERVICE_NAME: service, OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl, OTEL_BSP_SCHEDULE_DELAY: '50' };
  return spawn(process.execPath, args, { cwd: import.meta.dirname, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}

async function firstMessage(child: ChildProcess, errors: readonly string[]): Promise<{ url: string }> {
  const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [])])) as [{ url: string }?];
  if (message) return message;
  throw new Error(`The process ended before it served a request:\n${errors.join('\n')}`);
}

async function askOnce(url: string): Promise<void> {
  await (await fetch(url, { method: 'POST' })).text();
}

/** Reads all traces of the service since then with Jaeger's query API v3. */
async function tracesOf(service: string, since: bigint, { url }: Backend): Promise<Trace[]> {
  const from = new Date(Number(since / 1_000_000n) - 1).toISOString();
  const to = new Date(Date.now() + 60_000).toISOString();
  const query = new URLSearchParams({
    'query.service_name': service,
    'query.start_time_min': from,
    'query.start_time_max': to,
    'query.num_traces': '50',
  });
  const answer = await fetch(`${url}/api/v3/traces?${query.toString()}`).catch((error: unknown) => {
    throw new Error(`The trace backend at ${url} does not answer`, { cause: (error as Error).cause });
  });
  if (answer.status === 404) return [];
  return readTraces(await answer.json()).toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
}

const startOf = ({ spans }: Trace): bigint => spans.reduce((first, { start }) => (start < first ? start : first), spans[0]?.start ?? 0n);

function asRecord(line: string): Run['logs'][number] {
  try {
    return JSON.parse(line) as Run['logs'][number];
  } catch {
    return { msg: line };
  }
}
