/** A request that Jaeger answers with 400; the message is the one that Jaeger gives. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
}

/** Runs a parser and puts a prefix before the message of its `BadQuery`. */
export function naming<T>(prefix: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof BadQuery ? new BadQuery(`${prefix}: ${error.message}`) : error;
  }
}
