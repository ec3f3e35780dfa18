/**
 * Pairs as many of the first with one of the second each as can be, where `fits` says which go together (bipartite matching by augmenting
 * paths). Gives for each of the second that is taken the one of the first that has it.
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
