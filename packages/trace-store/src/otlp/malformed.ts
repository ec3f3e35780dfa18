/** A request body that is not what OTLP says it should be; the message names what is wrong, and is answered with 400. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
