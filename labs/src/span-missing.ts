import type { Lab } from './lab.ts';

/** Reports names that no span has: for work that no span promises, so that the traces seem complete without it. */
export function spanMissing(...names: readonly string[]): NonNullable<Lab['faults']> {
  return ({ traces }) => {
    const here = new Set(traces.flatMap(({ spans }) => spans.map(({ name }) => name)));
    return names.filter((name) => !here.has(name)).map((name) => ({ code: 'span-missing', message: `No trace has \`${name}\`.` }));
  };
}
