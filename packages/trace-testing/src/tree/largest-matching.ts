/**
 * Pairs as many items of the first list as possible with an item of the second that `fits` (bipartite matching by augmenting paths).
 * Returns the pairs, by the item of the second list.
 */
export function largestMatching<A, B>(first: readonly A[], second: readonly B[], fits: (a: A, b: B) => boolean): Map<B, A> {
  const taken = new Map<B, A>();
  const find = (a: A, seen: Set<B>): boolean =>
    second.some((b) => {
      if (seen.has(b) || !fits(a, b)) return false;
      seen.add(b);
      const holder = taken.get(b);
      if (holder !== undefined && !find(holder, seen)) return false;
      taken.set(b, a);
      return true;
    });
  for (const a of first) find(a, new Set());
  return taken;
}
