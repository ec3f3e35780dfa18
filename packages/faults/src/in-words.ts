import type { Effect, Fault } from './fault.ts';

/** What a fault does, in a sentence: `auth, route introspect: waits 120 ms, fails with 503 (25 % of the time)`. */
export function inWords({ service, at, effects }: Pick<Fault, 'service' | 'at' | 'effects'>): string {
  return `${service}, ${at}: ${effects.map((effect) => `${deed(effect)}${often(effect)}`).join(', ')}`;
}

function deed(effect: Effect): string {
  switch (effect.do) {
    case 'latency':
      return `waits ${effect.ms} ms`;
    case 'burn':
      return `computes for ${effect.ms} ms`;
    case 'error':
      return `fails with ${effect.status}`;
    case 'abort':
      return 'closes the connection before the work';
    case 'lose-answer':
      return 'closes the connection after the work';
    case 'lose-context':
      return 'works outside of the context of the request';
    case 'borrow-context':
      return 'works in the context of an earlier request';
    case 'drop-context':
      return 'passes no trace context on';
    case 'inject-twice':
      return 'sends traceparent twice';
    case 'stale-context':
      return 'sends the trace context of an earlier request';
    case 'unreachable':
      return 'connects to a port on which nobody listens';
    case 'poison':
      return 'gets a payload that it does not understand';
    case 'answer':
      return `returns ${JSON.stringify(effect.value)}`;
    case 'lose-spans':
      return 'loses all but the last span of each request';
    case 'skew-clock':
      return `records times that are ${effect.ms} ms ahead`;
  }
}

function often({ share, times }: Effect): string {
  if (share !== undefined) return ` (${Math.round(share * 100)} % of the time)`;
  if (times === undefined) return '';
  return times === 1 ? ' (once in a trace)' : ` (${times} times in a trace)`;
}
