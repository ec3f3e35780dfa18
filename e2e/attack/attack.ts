/** What an attack may be told. */
export interface Options {
  /** Shorter and smaller, for a look. Its figures say less. */
  quick: boolean;
  /** Says what is going on. */
  say: (line: string) => void;
}

/** What an attack found. */
export interface Finding {
  /** The figures, in a few words. */
  now: string;
  /** Whether the shop held. */
  held: boolean;
}

/** Something that somebody does to the shop, or that happens to it. */
export interface Attack {
  what: string;
  /** The figures of the same attack on the version of 24 November 2026. */
  before: string;
  /**
   * Starts a shop, attacks it and stops it again.
   * @throws {CannotRun} if this machine lacks something
   */
  run(options: Options): Promise<Finding>;
}

/** An attack needs something that is not here. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun';
}
