import { startChild } from '../child.ts';

// Starts three children: one ends at SIGTERM, one ignores it, and one has already ended when this program is ready.
const start = (script: string) => startChild('/bin/sh', ['-c', script], { cwd: '/', env: process.env, guardSignal: 'TERM' });
start('while :; do sleep 0.1; done');
start('trap "" TERM; while :; do sleep 0.1; done');
await start('exit 0').ended;
console.log('ready');
