import { nearest } from '../text/edit-distance.ts';

/** ` Did you mean "show"?`, or empty text if no known word is similar. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}
