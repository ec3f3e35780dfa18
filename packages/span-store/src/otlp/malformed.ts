/** An invalid request body. It is answered with 400 and this message. */
export class Malformed extends Error {
  override readonly name: string = 'Malformed';
}

/** A value that its field cannot hold. In an attribute, only the attribute is dropped; anywhere else the whole request is rejected. */
export class BadValue extends Malformed {
  override readonly name = 'BadValue';
}
