// `pnpm test:compose`: brings the real compose up beside whatever runs, runs the tests of this folder against it, and takes all down again.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PROJECT = 'waymark-test';
const compose = ['compose', '--project-name', PROJECT, '--project-directory', ROOT];
const ports = { GATEWAY_PORT: await freePort(), JAEGER_PORT: await freePort() };
const env = { ...process.env, ...ports };

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

function runTests(): number {
  const urls = { GATEWAY_URL: `http://127.0.0.1:${ports.GATEWAY_PORT}`, JAEGER_URL: `http://127.0.0.1:${ports.JAEGER_PORT}` };
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(ROOT, 'node_modules/jest/bin/jest.js')];
  const config = ['--config', join(import.meta.dirname, 'jest.config.js')];
  return (
    spawnSync(process.execPath, [...jest, ...config], { stdio: 'inherit', env: { ...env, ...urls, COMPOSE_PROJECT: PROJECT } }).status ?? 1
  );
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
