// `pnpm test:compose`: brings the real compose up beside whatever runs, runs the suite and the tests of this folder against it, and takes all down again.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settings, settingsText } from '../src/scenarios/settings.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROJECT = 'waymark-test';
const compose = ['compose', '--project-name', PROJECT, '--project-directory', ROOT];
const ports = { GATEWAY_PORT: await freePort(), JAEGER_PORT: await freePort() };
const env = { ...process.env, ...ports, ...settings };

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
}

function docker(...args: string[]): number {
  return spawnSync('docker', args, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1;
}

/** Follows what each service logs into a folder, where the suite looks for it. */
function followLogs(): Disposable & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-compose-'));
  const followers = ['gateway', 'auth', 'order', 'inventory'].map((service) => {
    const file = openSync(join(folder, `${service}.log`), 'a');
    // `docker compose logs --follow` writes terminal control sequences even into a file.
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
  const urls = { GATEWAY_URL: `http://127.0.0.1:${ports.GATEWAY_PORT}`, TRACES_URL: `http://127.0.0.1:${ports.JAEGER_PORT}` };
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(ROOT, 'node_modules/jest/bin/jest.js')];
  const environment = { ...env, ...urls, SHOP_LOGS: logs, SHOP_HAS: settingsText, COMPOSE_PROJECT: PROJECT };
  return spawnSync(process.execPath, [...jest, ...args], { cwd: join(ROOT, 'e2e'), stdio: 'inherit', env: environment }).status ?? 1;
}

/** The suite first: the tests of this folder restart what it asks. */
function runTests(): number {
  using logs = followLogs();
  const suite = runJest(logs.folder, '--testPathPatterns', '/src/[a-z-]+\\.test\\.ts$');
  return runJest(logs.folder, '--config', join(import.meta.dirname, 'jest.config.js')) || suite;
}

function main(): number {
  if (spawnSync('docker', ['compose', 'version']).status !== 0 || spawnSync('docker', ['info']).status !== 0) {
    process.stderr.write(
      'pnpm test:compose needs a running Docker engine with Compose v2; `docker info` and `docker compose version` must both succeed.\n',
    );
    return 1;
  }
  // A terminal's Ctrl-C reaches docker itself, which then fails; what was started is taken down all the same.
  process.on('SIGINT', () => undefined);
  try {
    return docker(...compose, 'up', '--build', '--detach', '--wait') || runTests();
  } finally {
    docker(...compose, 'down', '--volumes', '--remove-orphans');
  }
}

process.exitCode = main();
