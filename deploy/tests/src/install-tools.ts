// Installs the programs that check the chart, with Go, into the folder that `go env GOBIN` names, and downloads schemas into Go's module cache.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS, SCHEMA_MODULES } from './tools.ts';

function go(folder: string, ...args: string[]): void {
  process.stdout.write(`go ${args.join(' ')}\n`);
  const { status } = spawnSync('go', args, { stdio: 'inherit', cwd: folder });
  if (status !== 0) process.exitCode = 1;
}

for (const module of Object.values(PROGRAMS)) go(tmpdir(), 'install', module);
for (const module of SCHEMA_MODULES) go(tmpdir(), 'mod', 'download', module);
go(join(import.meta.dirname, '../pod-security'), 'install', '.');
