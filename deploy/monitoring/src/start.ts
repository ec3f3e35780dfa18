import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startNotifier } from './notifier.ts';
import { SECRETS, startReceiver, type Receiver } from './receiver.ts';
import { tool, type Tool } from './tools.ts';

const FOLDER = join(import.meta.dirname, '..');

export interface MonitoringOptions {
  /** The addresses to scrape, by job: `{ gateway: '127.0.0.1:9464' }`. */
  targets: Readonly<Record<string, string>>;
  /** Where the links to traces lead. */
  traceUi: string;
  /** How often Prometheus scrapes and evaluates rules; 15 s by default. */
  everySeconds?: number;
  /** Replaces parts of the configuration, by file name. */
  edit?: Readonly<Record<string, (text: string) => string>>;
}

export interface Monitoring extends AsyncDisposable {
  prometheus: string;
  alertmanager: string;
  receiver: Receiver;
  /** Asks Prometheus's API, such as `query?query=up`, and returns `data`. */
  ask<T>(path: string): Promise<T>;
}

/** Starts the installed Prometheus and Alertmanager with the configuration of this folder, the notifier and a receiver, without Docker. */
export async function startMonitoring({ targets, traceUi, everySeconds = 15, edit = {} }: MonitoringOptions): Promise<Monitoring> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'waymark-monitoring-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const receiver = undo.use(await startReceiver());
  const notifier = undo.use(
    await startNotifier({
      dingtalkUrl: `${receiver.url}/robot/send?access_token=waymark`,
      dingtalkSecret: SECRETS.dingtalk,
      phoneUrl: `${receiver.url}/phone`,
      smsUrl: `${receiver.url}/sms`,
      heartbeatUrl: `${receiver.url}/heartbeat`,
      onCall: ['+861000000000'],
    }),
  );
  const [prometheusAt, alertmanagerAt] = [await freeAddress(), await freeAddress()];

  for (const name of ['prometheus', 'alertmanager']) await cp(join(FOLDER, name), join(folder, name), { recursive: true });
  const rewrite = async (file: string, change: (text: string) => string): Promise<void> =>
    writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));
  for (const [job, target] of Object.entries({ ...targets, alertmanager: alertmanagerAt })) {
    await writeFile(join(folder, `prometheus/targets/${job}.yml`), `- targets: ['${target}']\n`);
  }
  for (const job of ['gateway', 'auth', 'order', 'inventory', 'jaeger', 'node']) {
    if (!targets[job]) await writeFile(join(folder, `prometheus/targets/${job}.yml`), '[]\n');
  }
  await rewrite('prometheus/prometheus.yml', (text) => text.replaceAll('_interval: 15s', `_interval: ${everySeconds}s`));
  await rewrite('alertmanager/alertmanager.yml', (text) =>
    text
      .replaceAll('http://notifier:8095', notifier.url)
      .replaceAll('http://receiver:8096', receiver.url)
      .replaceAll('receiver:2525', receiver.smtp),
  );
  for (const [file, change] of Object.entries(edit)) await rewrite(file, change);

  undo.use(
    await start('alertmanager', `http://${alertmanagerAt}/-/ready`, [
      `--config.file=${join(folder, 'alertmanager/alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alertmanager-data')}`,
      `--web.listen-address=${alertmanagerAt}`,
      '--cluster.listen-address=',
    ]),
  );
  const links = { TRACE_UI_URL: traceUi, DASHBOARDS_URL: 'http://localhost:3000', RUNBOOKS_URL: RUNBOOKS };
  undo.use(
    await start(
      'prometheus',
      `http://${prometheusAt}/-/ready`,
      [
        `--config.file=${join(folder, 'prometheus/prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'prometheus-data')}`,
        `--web.listen-address=${prometheusAt}`,
        // The first alert may come before Alertmanager is found. By default it is repeated after a minute.
        '--rules.alert.resend-delay=5s',
        // Prometheus 3 always expands labels. Version 2, which Debian 13 has, must be told.
        '--enable-feature=exemplar-storage,expand-external-labels',
      ],
      links,
    ),
  );
  const stop = undo.move();
  return {
    prometheus: `http://${prometheusAt}`,
    alertmanager: `http://${alertmanagerAt}`,
    receiver,
    async ask<T>(path: string) {
      const answer = (await (await fetch(`http://${prometheusAt}/api/v1/${path}`)).json()) as { status: string; data: T; error?: string };
      if (answer.status !== 'success') throw new Error(`Prometheus rejects ${path}: ${answer.error}`);
      return answer.data;
    },
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  };
}

/** Where the runbooks are read: the links in notifications. */
export const RUNBOOKS = 'https://github.com/waymark/waymark/blob/main/docs/runbooks';

/** Starts a node exporter. Resolves with its address. */
export async function startNodeExporter(): Promise<{ address: string } & AsyncDisposable> {
  const address = await freeAddress();
  const child = await start('node exporter', `http://${address}/metrics`, [`--web.listen-address=${address}`]);
  return { address, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

const START_MS = 30_000;

/** Starts a program and waits until it answers at `readyUrl`. @throws {Error} with what it said, if it ends or does not answer */
export async function start(name: Tool, readyUrl: string, args: string[], env: Record<string, string> = {}): Promise<AsyncDisposable> {
  const child = spawn(tool(name), args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
  const end = performance.now() + START_MS;
  while (!(await answers(readyUrl))) {
    if (child.exitCode !== null || performance.now() > end) {
      child.kill('SIGKILL');
      throw new Error(`${name} did not start:\n${said}`);
    }
    await delay(50);
  }
  return {
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
    },
  };
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );

/** An address on which nothing listened a moment ago. */
export async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return `127.0.0.1:${port}`;
}
