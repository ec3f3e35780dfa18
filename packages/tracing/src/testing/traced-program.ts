// A program as a user would start it: `node --import @waymark/tracing/register traced-program.ts <spans> <shutdown | end>`.
import { inject, shutdownTracing, span, startTracing } from '../index.ts';

const [count, how] = process.argv.slice(2);
let carrier = {};
for (let at = 0; at < Number(count); at += 1) {
  await span(`work ${at}`, () => (carrier = inject()));
}
if (how === 'shutdown') await shutdownTracing();
const { deliveries } = startTracing();
process.once('exit', () => process.stdout.write(JSON.stringify({ carrier, deliveries })));
