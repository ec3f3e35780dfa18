// Ends many spans: `node --expose-gc --import @waymark/tracing/register flood-program.ts <spans>`. Prints how much its memory grew.
import { setImmediate } from 'node:timers/promises';
import { span, startTracing } from '../index.ts';

const used = async (): Promise<number> => {
  // Other threads free the buffers, a little later.
  for (let at = 0; at < 5; at += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const attributes = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`attribute.number.${at}`, 'some value of an attribute']));

const before = await used();
for (let at = 0; at < Number(process.argv[2]); at += 1) {
  await span(`work ${at}`, () => {}, { attributes });
  if (at % 100 === 0) await setImmediate();
}
const grownBy = (await used()) - before;
const { deliveries } = startTracing();
process.once('exit', () => process.stdout.write(JSON.stringify({ grownBy, carrier: {}, deliveries })));
