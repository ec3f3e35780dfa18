// JavaScript, so that this file needs no TypeScript support: Node then loads none, in any of the processes, once the cache has all files.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
// Set for the children too: the services and the trace store.
process.env.NODE_COMPILE_CACHE ??= join(root, '.waymark/compile-cache');
enableCompileCache(process.env.NODE_COMPILE_CACHE);
const { main } = await import('./command.ts');

process.exitCode = await main(process.argv.slice(2), root);
