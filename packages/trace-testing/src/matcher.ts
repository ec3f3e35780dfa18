import type { Trace } from '#trace-model';
import { negated, type Outcome } from './outcome.ts';
import { terminalText } from './terminal-text.ts';

/** What Jest tells a matcher, as far as it is used. */
interface Context {
  readonly isNot?: boolean | undefined;
}

interface Verdict {
  readonly pass: boolean;
  message(): string;
}

/** An assertion as a matcher for `expect.extend` of Jest or Vitest. `not` refuses an incomplete trace. */
export function matcher<Rest extends unknown[]>(name: string, assertion: (trace: Trace, ...rest: Rest) => Outcome) {
  return function (this: Context, received: unknown, ...rest: Rest): Verdict {
    const not = this.isNot === true;
    const outcome = assertion(asTrace(received, name), ...rest);
    const { pass, message } = not ? negated(outcome) : outcome;
    return { pass: pass !== not, message: () => terminalText(`expect(trace).${not ? 'not.' : ''}${name}\n\n${message}`, true) };
  };
}

function asTrace(received: unknown, name: string): Trace {
  if (typeof received === 'object' && received !== null) {
    if ('spans' in received && Array.isArray(received.spans)) return received as Trace;
    if ('then' in received)
      throw new TypeError(`${name} needs a trace, but got a promise: await it, or \`await expect(traces.of(answer)).resolves.${name}(…)\``);
  }
  throw new TypeError(
    `${name} needs a trace, such as \`await traces.of(answer)\` gives, but got ${received instanceof Response ? 'an answer' : typeof received}`,
  );
}
