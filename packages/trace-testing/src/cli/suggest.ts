import { editDistance } from '../edit-distance.ts';

/** ` Did you mean "show"?`, where one of the known words is near; empty where none is. */
export function suggest(word: string, known: readonly string[]): string {
  const nearest = known.map((other) => ({ other, steps: editDistance(word, other) })).sort((a, b) => a.steps - b.steps)[0];
  return nearest && nearest.steps <= Math.max(1, Math.floor(nearest.other.length / 3)) ? ` Did you mean "${nearest.other}"?` : '';
}
