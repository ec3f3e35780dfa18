import { startChild } from '../child.ts';

// Starts three children: one that goes at SIGTERM, one that ignores it, and one that has ended by the time we say that we are ready.
const start = (script: string) => startChild('/bin/sh', ['-c', script], { cwd: '/', env: process.env, guardSignal: 'TERM' });
start('while :; do sleep 0.1; done');
start('trap "" TERM; while :; do sleep 0.1; done');
await start('exit 0').ended;
console.log('ready');
