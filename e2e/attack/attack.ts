/** The options of an attack. */
export interface Options {
  /** A shorter and smaller attack for a first look. Its figures are less reliable. */
  quick: boolean;
  /** Reports progress. */
  say: (line: string) => void;
}

/** The result of an attack. */
export interface Finding {
  /** The figures in a few words. */
  now: string;
  /** Whether the shop withstood the attack. */
  held: boolean;
}

/** An outage, an overload or an abuse of the shop. */
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

/** This machine lacks something that an attack needs. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun';
}
