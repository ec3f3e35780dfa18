import { fileURLToPath } from 'node:url';
import { startChild, type Child } from './child.ts';
import { isFree } from './free-port.ts';
import { Restarts } from './restarts.ts';
import { lastLines, StartError } from './start-error.ts';

/** Longer than a trace store takes to finish the requests in progress (packages/span-store/src/http/listen.ts). */
const STOP_MS = 3_000;

const program = fileURLToPath(import.meta.resolve('@waymark/trace-store/main'));
/** The default ports of OpenTelemetry exporters and of Jaeger's UI, and the label that the trace store prints before each address. */
const ports = [
  { flag: '--ui-port', port: 16_686, label: 'UI and query API' },
  { flag: '--otlp-port', port: 4318, label: 'OTLP/HTTP' },
  { flag: '--grpc-port', port: 4317, label: 'OTLP/gRPC' },
] as const;

export interface TraceStore extends AsyncDisposable {
  /** The UI and the query API. */
  readonly url: string;
  readonly otlpUrl: string;
  /** Sends a signal to its process. */
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a trace store in its own process on Jaeger's ports, or on a free port for each that is in use. If it ends, it is restarted on the
 * same ports, without its traces. `say` receives a line for each of these. Throws a StartError if it cannot start the first time.
 */
export async function startTraceStore(say: (note: string) => void): Promise<TraceStore> {
  const restarts = new Restarts(say);
  let child: Child | undefined;
  const start = async (chosen: readonly number[]): Promise<string[]> => {
    const args = ports.flatMap(({ flag }, index) => [flag, String(chosen[index])]);
    const starting = launch(args);
    child = starting.child;
    const urls = await starting.urls;
    void starting.child.ended.then((how) => restarts.restart('the trace store', how, () => start(urls.map(portOf))));
    return urls;
  };
  const urls = await start(await Promise.all(ports.map(async ({ port }) => ((await isFree(port)) ? port : 0))));
  for (const [index, { port, label }] of ports.entries()) {
    const got = portOf(urls[index] ?? '');
    if (got !== port) say(`Port ${port} is in use, so the trace store's ${label} uses ${got}.`);
  }
  const [url = '', otlpUrl = ''] = urls;
  const close = async (): Promise<void> => {
    restarts.stop();
    await child?.stop('SIGTERM', STOP_MS);
  };
  return { url, otlpUrl, kill: (signal) => child?.kill(signal), [Symbol.asyncDispose]: close };
}

const portOf = (url: string): number => Number(new URL(url).port);

/** `urls` are the addresses that the trace store reports, in the order of `ports`. */
function launch(args: readonly string[]): { child: Child; urls: Promise<string[]> } {
  const { promise: reported, resolve } = Promise.withResolvers<string[]>();
  const found = ports.map(() => '');
  const onLine = (line: string): void => {
    const index = ports.findIndex(({ label }) => line.startsWith(label));
    if (index >= 0) found[index] = line.split(/\s+/).at(-1) ?? '';
    if (found.every(Boolean)) resolve(found);
  };
  const child = startChild(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    cwd: '/',
    env: process.env,
    guardSignal: 'TERM',
    onLine,
  });
  const failed = child.ended.then((how) => {
    throw new StartError(`The trace store ${how}. ${lastLines(child.lines())}`);
  });
  return { child, urls: Promise.race([reported, failed]) };
}
