// `node --import @waymark/tracing/register main.ts`: tracing starts before the program's first import, so that pg is patched.
import { startTracing } from './start.ts';

startTracing();
