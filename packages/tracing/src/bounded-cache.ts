/** Texts that are longer are computed each time. */
const LONGEST_KEY = 2_048;

/**
 * Remembers what a function made of a text, for the last `size` new texts: callers choose some of these texts, so memory must be bounded.
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
