/** The arguments are wrong; the message says how to correct them. Exit code 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}
