// `pnpm test:compose` starts the real compose project on other ports, runs the suite and the tests of this folder against it, and removes everything.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settings, settingsText } from '../src/shop/settings.ts';
import { ROOT } from './docker.ts';
import { DURABLE } from './durable.ts';

const PROJECT = 'waymark-test';
const compose = ['compose', '--project-name', PROJECT, '--project-directory', ROOT];
const [gateway = '', jaeger = '', grpc = '', http = ''] = await freePorts(4);
const ports = { GATEWAY_PORT: gateway, JAEGER_PORT: jaeger, OTLP_GRPC_PORT: grpc, OTLP_HTTP_PORT: http };
/** With characters that are special in a URL, YAML, a shell or SQL. */
const passwords = { AUTH_DB_PASSWORD: `$(a)@b:c/d`, ORDER_DB_PASSWORD: `o'r"d\\e#r?%20& {ü}`, INVENTORY_DB_PASSWORD: '%41:@/' };
const env = { ...process.env, ...ports, ...passwords, ...settings };

/** Finds different free ports: all stay open until the last is found. */
async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const found = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return found;
}

function docker(...args: string[]): number {
  return spawnSync('docker', args, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1;
}

/** Writes the log of each service to a folder for the suite, including the database's log of the start. */
function followLogs(): Disposable & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-compose-'));
  const start = spawnSync('docker', [...compose, 'logs', '--no-log-prefix', 'postgres', 'databases'], { encoding: 'utf8', env });
  writeFileSync(join(folder, 'first-start.log'), start.stdout);
  const followers = ['gateway', 'auth', 'order', 'inventory'].map((service) => {
    const file = openSync(join(folder, `${service}.log`), 'a');
    // Not `docker compose logs --follow`, which writes terminal control sequences even to a file.
    const container = spawnSync('docker', [...compose, 'ps', '--quiet', service], { encoding: 'utf8', env }).stdout.trim();
    return spawn('docker', ['logs', '--follow', container], { stdio: ['ignore', file, 'ignore'] });
  });
  return {
    folder,
    [Symbol.dispose]() {
      for (const follower of followers) follower.kill();
      rmSync(folder, { recursive: true });
    },
  };
}

function runJest(logs: string, ...args: string[]): number {
  const urls = {
    GATEWAY_URL: `http://127.0.0.1:${ports.GATEWAY_PORT}`,
    TRACES_URL: `http://127.0.0.1:${ports.JAEGER_PORT}`,
    TRACES_OTLP_URL: `http://127.0.0.1:${ports.OTLP_HTTP_PORT}`,
  };
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(ROOT, 'node_modules/jest/bin/jest.js')];
  const environment = { ...env, ...urls, SHOP_LOGS: logs, SHOP_HAS: settingsText, COMPOSE_PROJECT: PROJECT };
  return spawnSync(process.execPath, [...jest, ...args], { cwd: join(ROOT, 'e2e'), stdio: 'inherit', env: environment }).status ?? 1;
}

/** Runs the suite first, because the tests of this folder restart its services. */
function runTests(): number {
  using logs = followLogs();
  const suite = runJest(logs.folder, '--testPathPatterns', '/src/[a-z-]+\\.test\\.ts$');
  return runJest(logs.folder, '--config', join(import.meta.dirname, 'jest.config.js')) || suite;
}

function main(): number {
  if (spawnSync('docker', ['compose', 'version']).status !== 0 || spawnSync('docker', ['info']).status !== 0) {
    process.stderr.write(
      'pnpm test:compose needs a running Docker Engine with Compose v2. `docker info` and `docker compose version` must both succeed.\n',
    );
    return 1;
  }
  // Ctrl-C in a terminal also reaches docker, which then fails. This process keeps running to remove what was started.
  process.on('SIGINT', () => undefined);
  try {
    return docker(...compose, 'up', '--build', '--detach', '--wait') || runTests();
  } finally {
    docker(...compose, ...DURABLE, 'down', '--volumes', '--remove-orphans', '--rmi', 'local');
  }
}

/** Lists the containers, volumes, networks and images of the project, as `docker … ls` shows them. */
function leftovers(): string {
  const ours = ['--filter', `label=com.docker.compose.project=${PROJECT}`];
  const lists = [
    ['container', 'ls', '--all', ...ours],
    ['volume', 'ls', ...ours],
    ['network', 'ls', ...ours],
    ['image', 'ls', '--filter', `reference=${PROJECT}-*`],
  ];
  const rows = lists.map((list) => (spawnSync('docker', list, { encoding: 'utf8' }).stdout ?? '').trim().split('\n').slice(1));
  return rows.flat().join('\n');
}

const status = main();
const left = leftovers();
if (left) process.stderr.write(`pnpm test:compose did not remove:\n${left}\n`);
process.exitCode = status || (left ? 1 : 0);
