/** Results for longer texts are not cached. */
const LONGEST_KEY = 2_048;

/**
 * Caches the results of `make` for the `size` texts that were added last. It is bounded because remote callers choose some of the texts.
 */
export function remembered<T>(size: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || text.length > LONGEST_KEY) return found ?? make(text);
    const made = make(text);
    if (known.size >= size) known.delete(known.keys().next().value!);
    known.set(text, made);
    return made;
  };
}
