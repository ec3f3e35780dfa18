import { services, type Trace } from '@waymark/trace-model';
import { nearest } from '../text/edit-distance.ts';
import type { Outcome } from './outcome.ts';

/** Checks that all of these services take part in the trace. Others may, too. Throws a `TypeError` if the list is empty. */
export function hasServices(trace: Trace, names: readonly string[]): Outcome {
  if (names.length === 0) throw new TypeError('name the services that must take part');
  const there = services(trace);
  const absent = names.filter((name) => !there.includes(name));
  const list = there.join(', ') || 'none';
  if (absent.length === 0) return { pass: true, message: `in trace ${trace.traceId} these services take part: ${list}`, trace };
  const missing = absent.map((name) => {
    const near = nearest(name, there);
    return near === undefined ? name : `${name} (did you mean ${near}?)`;
  });
  const verb = absent.length === 1 ? 'does' : 'do';
  return { pass: false, message: `${missing.join(', ')} ${verb} not take part in trace ${trace.traceId}; these do: ${list}`, trace };
}
