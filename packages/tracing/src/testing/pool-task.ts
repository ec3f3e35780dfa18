// A task of pool-program.ts. Its input says what to do.
import { once } from 'node:events';
import { RequestContext, span } from '@waymark/context';
import { tracedTask } from '../pool.ts';
import { USER } from './pool-user.ts';

class Declined extends Error {
  override readonly name = 'Declined';
  readonly code = 'declined';
  readonly why = (): string => 'a function cannot be sent';
}

export default tracedTask('resize', async (input: { what: string; n?: number }) => {
  switch (input.what) {
    case 'fail':
      throw new Declined('too large');
    case 'die':
      setImmediate(() => {
        throw new Error('what nobody catches ends a thread');
      });
      return once(process, 'never');
    case 'hang':
      return once(process, 'never');
    default:
      return span('scale', () => ({
        n: input.n,
        user: RequestContext.current().get(USER),
        traffic: RequestContext.current().baggage()['waymark.traffic'],
      }));
  }
});
