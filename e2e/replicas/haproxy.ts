import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, type ServiceName } from '@waymark/local-stack';
import { until } from '@waymark/service-kit/testing/until';
import { CannotRun } from '../attack/attack.ts';

/** A service behind the balancer: its own port there, and the URLs of its replicas. */
export interface Backend {
  name: ServiceName;
  port: number;
  replicas: readonly string[];
}

const STOP_MS = 1_000;

/**
 * Starts HAProxy on 127.0.0.1 in front of replicas, and resolves when each service has one that is ready.
 * @throws {CannotRun} if HAProxy is not installed
 */
export async function startHaproxy(backends: readonly Backend[]): Promise<AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'waymark-haproxy-'));
  undo.defer(() => rm(dir, { recursive: true }));
  const file = join(dir, 'haproxy.cfg');
  await writeFile(file, configuration(backends));
  const child = startChild('haproxy', ['-db', '-f', file], { cwd: dir, env: process.env, guardSignal: 'TERM' });
  undo.defer(() => child.stop('SIGTERM', STOP_MS));
  if (child.pid === undefined) throw new CannotRun('HAProxy is not installed: apt-get install haproxy, or brew install haproxy');
  const isUp = async (): Promise<boolean> => {
    if (!child.isRunning()) throw new Error(`HAProxy ${await child.ended}: ${child.lines().join('\n')}`);
    const answers = await Promise.all(backends.map(({ port }) => fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)));
    return answers.every((answer) => answer?.ok);
  };
  await until(isUp, Boolean, 'HAProxy to find a ready replica of each service');
  const stop = undo.move();
  return { [Symbol.asyncDispose]: () => stop.disposeAsync() };
}

/**
 * Two checks that fail take less time than LAME_DUCK_SECONDS, so a replica that stops gets no more requests before it closes its port. A slow answer
 * to a check is not a failure: a busy machine must not lose all replicas at once. HAProxy repeats only what was not sent: a connection that was refused. The services themselves repeat the rest, if that is safe.
 */
const configuration = (backends: readonly Backend[]): string => `
global
  maxconn 8000
defaults
  mode http
  timeout connect 1s
  timeout check 3s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 30s
  option forwardfor
  option redispatch 1
  retries 2
  balance roundrobin
  option httpchk GET /readyz
  default-server check inter 250ms fall 2 rise 1
${backends.map(backend).join('')}`;

const backend = ({ name, port, replicas }: Backend): string => `
listen ${name}
  bind 127.0.0.1:${port}
${replicas.map((url, at) => `  server ${name}-${at + 1} ${new URL(url).host}\n`).join('')}`;
