/** The optimal string alignment distance of the first 100 letters: how many must be changed, added, removed or swapped with their neighbour. */
export function editDistance(first: string, second: string): number {
  const [a, b] = [first.slice(0, 100), second.slice(0, 100)];
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    const row = (rows[i] = [i]);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1), swapped ? at(i - 2, j - 2) + 1 : Infinity);
    }
  }
  return at(a.length, b.length);
}

/** The known word that was probably meant, if there is one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const near = known.map((other) => ({ other, steps: editDistance(word, other) })).sort((a, b) => a.steps - b.steps)[0];
  return near && near.steps <= Math.max(1, Math.floor(near.other.length / 3)) ? near.other : undefined;
}
