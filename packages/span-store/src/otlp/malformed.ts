/** A request body that is not what OTLP says it should be; the message names what is wrong, and is answered with 400. */
export class Malformed extends Error {
  override readonly name: string = 'Malformed';
}

/** A value that its field cannot hold. In an attribute it costs that attribute, anywhere else the request. */
export class BadValue extends Malformed {
  override readonly name = 'BadValue';
}
