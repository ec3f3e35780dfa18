// Installs the programs that check the chart, with Go, into the folder that `go env GOBIN` names, and downloads schemas into Go's module cache.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { PROGRAMS, SCHEMA_MODULES } from './tools.ts';

const commands = [
  ...Object.values(PROGRAMS).map((module) => ['install', module]),
  ...SCHEMA_MODULES.map((module) => ['mod', 'download', module]),
];
for (const args of commands) {
  process.stdout.write(`go ${args.join(' ')}\n`);
  const { status } = spawnSync('go', args, { stdio: 'inherit', cwd: tmpdir() });
  if (status !== 0) process.exitCode = 1;
}
