import { traceStore } from './trace-store/run.ts';

const BENCHES: Readonly<Record<string, () => Promise<void>>> = { 'trace-store': traceStore };

const name = process.argv[2] ?? '';
const bench = BENCHES[name];
if (bench !== undefined) await bench();
else {
  process.stderr.write(`${name === '' ? 'which one?' : `there is no bench ${name}`}\n  pnpm bench ${Object.keys(BENCHES).join(' | ')}\n`);
  process.exitCode = 1;
}
