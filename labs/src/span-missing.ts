import type { Lab } from './lab.ts';

/** Finds the names that no span has: for work that nothing promises, so that the traces by themselves seem complete without it. */
export function spanMissing(...names: readonly string[]): NonNullable<Lab['faults']> {
  return ({ traces }) => {
    const here = new Set(traces.flatMap(({ spans }) => spans.map(({ name }) => name)));
    return names.filter((name) => !here.has(name)).map((name) => ({ code: 'span-missing', message: `No trace has \`${name}\`.` }));
  };
}
