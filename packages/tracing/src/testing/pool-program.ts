// Runs tasks in threads and prints their results: `pool-program.ts <what>`.
import { RequestContext } from '@waymark/context';
import { extract, shutdownTracing, span, startTracing } from '../index.ts';
import { tracedPool } from '../pool.ts';
import { USER } from './pool-user.ts';

startTracing();
type Input = { what: string; n?: number };
const [what = ''] = process.argv.slice(2);
const file = what === 'absent' ? './absent.ts' : './pool-task.ts';
const pool = tracedPool<Input, unknown>(new URL(file, import.meta.url), { maxThreads: 2, maxQueue: what === 'full' ? 1 : 100 });
const request = <T>(fn: () => Promise<T>): Promise<T> =>
  span('request', () => RequestContext.current().with(USER, 'ada').run(fn), { parent: extract({ baggage: 'waymark.traffic=bench' }) });
const outcome = (run: Promise<unknown>): Promise<unknown> =>
  run.catch(({ name, code, message }: Error & { code?: unknown }) => ({ name, code, message }));

async function work(): Promise<unknown> {
  switch (what) {
    case 'many':
      return Promise.all(Array.from({ length: 50 }, (_, n) => pool.run({ what: 'scale', n })));
    case 'full':
      return Promise.all(
        Array.from({ length: 4 }, (_, n) => outcome(pool.run({ what: 'scale', n }, { signal: new AbortController().signal }))),
      );
    case 'abort':
      return outcome(pool.run({ what: 'hang' }, { signal: AbortSignal.timeout(200) }));
    case 'absent':
      return [await outcome(pool.run({ what })), await outcome(pool.run({ what })), await outcome(pool.run({ what }))];
    case 'function':
      return outcome(pool.run({ what: 'scale', n: (() => 1) as unknown as number }));
    default:
      return outcome(pool.run({ what, n: 1 }));
  }
}

const results = await request(work);
await pool.close();
const closed = await outcome(pool.run({ what: 'scale' }));
await shutdownTracing();
process.stdout.write(JSON.stringify({ results, closed }));
