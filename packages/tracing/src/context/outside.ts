import { AsyncLocalStorage } from 'node:async_hooks';

/** Runs a function outside of every asynchronous context, as a program's first line runs: no library finds there what it kept for a request. */
export const outside: <T>(fn: () => T) => T = AsyncLocalStorage.snapshot();
