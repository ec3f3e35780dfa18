/** What was asked cannot be done as it was asked; the message says how else. Exit code 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}
