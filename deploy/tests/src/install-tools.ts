// Installs the programs that check the chart, with Go, where `go install` puts programs, and downloads schemas into Go's module cache.
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTROL_PLANE, KUBERNETES, PROGRAMS, SCHEMA_MODULES } from './tools.ts';

function go(folder: string, ...args: string[]): void {
  process.stdout.write(`go ${args.join(' ')}\n`);
  const { status } = spawnSync('go', args, { stdio: 'inherit', cwd: folder });
  if (status !== 0) process.exitCode = 1;
}

const [own = '', path = ''] = execFileSync('go', ['env', 'GOBIN', 'GOPATH'], { encoding: 'utf8' }).split('\n');
const programs = own || join(path, 'bin');

for (const module of Object.values(PROGRAMS)) go(tmpdir(), 'install', module);
for (const module of SCHEMA_MODULES) go(tmpdir(), 'mod', 'download', module);
// Kubernetes takes its version from the linker, and `go install` would name etcd `server`.
const version = `-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=${KUBERNETES}`;
for (const [name, main] of Object.entries(CONTROL_PLANE)) {
  go(join(import.meta.dirname, '../control-plane'), 'build', version, '-o', join(programs, name), main);
}
