import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freeAddress } from '@waymark/monitoring/start';
import { run } from '../programs.ts';

export interface ControlPlane extends AsyncDisposable {
  /** Runs kubectl as an administrator. Returns what it printed; its exit code too if that is not 0. */
  kubectl(args: readonly string[], input?: string): string;
}

const START_MS = 60_000;
const TOKEN = 'administrator';

/** Starts etcd and the API server of Kubernetes. There are no controllers and no nodes: objects are checked and stored, and nothing runs. */
export async function startControlPlane(): Promise<ControlPlane> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'waymark-control-plane-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const [etcd, peers, api] = [await freeAddress(), await freeAddress(), await freeAddress()];
  const [address = '', port = ''] = api.split(':');

  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
  await writeFile(join(folder, 'key.pem'), key);
  await writeFile(join(folder, 'tokens.csv'), `${TOKEN},administrator,1,system:masters\n`);

  undo.use(
    program('etcd', [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=http://${etcd}`,
      `--advertise-client-urls=http://${etcd}`,
      `--listen-peer-urls=http://${peers}`,
      '--unsafe-no-fsync',
    ]),
  );
  undo.use(
    program('kube-apiserver', [
      `--etcd-servers=http://${etcd}`,
      `--bind-address=${address}`,
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(folder, 'key.pem')}`,
      `--service-account-signing-key-file=${join(folder, 'key.pem')}`,
    ]),
  );

  const kubectl = (args: readonly string[], input?: string): string =>
    run('kubectl', ['--kubeconfig=/dev/null', `--server=https://${api}`, '--insecure-skip-tls-verify', `--token=${TOKEN}`, ...args], input);
  const end = performance.now() + START_MS;
  while (!kubectl(['get', '--raw=/readyz']).startsWith('ok')) {
    if (performance.now() > end) throw new Error(`The API server did not start: ${kubectl(['get', '--raw=/readyz?verbose'])}`);
    await delay(200);
  }
  const stop = undo.move();
  return { kubectl, [Symbol.asyncDispose]: () => stop.disposeAsync() };
}

function program(name: string, args: readonly string[]): AsyncDisposable {
  const child = spawn(name, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
