/** The part of the library that we use; it has no types of its own. */
declare module 'bloomfilter' {
  export class BloomFilter {
    /** A filter for `n` elements, of which it confuses the share `error` with others. */
    static withTargetError(n: number, error: number): BloomFilter;
    add(element: string): void;
    test(element: string): boolean;
    /** Its size in bits. */
    readonly m: number;
  }
}
