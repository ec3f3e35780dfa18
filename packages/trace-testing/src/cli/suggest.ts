import { nearest } from '../text/edit-distance.ts';

/** ` Did you mean "show"?`, where one of the known words is near; empty where none is. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}
