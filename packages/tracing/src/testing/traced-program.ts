// Started as a user would: `node --import @waymark/tracing/register traced-program.ts <spans> <shutdown | end | exit | wait>`.
import { inject, shutdownTracing, span, startTracing } from '../index.ts';

const [count, how] = process.argv.slice(2);
let carrier = {};
for (let at = 0; at < Number(count); at += 1) {
  await span(`work ${at}`, () => (carrier = inject()));
}
if (how === 'shutdown') await shutdownTracing();
// oxlint-disable-next-line unicorn/no-process-exit -- tests what happens to spans then
if (how === 'exit') process.exit(3);
// Sends the signal to itself, so that it arrives after the spans have ended.
if (how === 'wait') {
  setInterval(() => undefined, 60_000);
  process.kill(process.pid, 'SIGTERM');
}
const { deliveries } = startTracing();
process.once('exit', () => process.stdout.write(JSON.stringify({ carrier, deliveries })));
