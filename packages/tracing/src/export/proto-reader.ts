/**
 * Yields the fields of a protobuf message: length-delimited ones as bytes, all others as numbers (fixed-size ones as unsigned integers).
 * @throws {RangeError} if the message is truncated or has an unknown wire type
 */
export function* fields(message: Uint8Array): Generator<[field: number, value: number | Uint8Array]> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let power = 1; power < 2 ** 70; power *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * power;
      if (byte < 128) return value;
    }
    throw new RangeError('A varint is longer than ten bytes');
  };
  const take = (size: number): Uint8Array => {
    if (at + size > message.length) throw new RangeError('The message is truncated');
    return message.subarray(at, (at += size));
  };
  while (at < message.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    if (tag % 8 === 0) yield [field, varint()];
    else if (tag % 8 === 2) yield [field, take(varint())];
    else if (tag % 8 === 1) yield [field, Number(view.getBigUint64((at += 8) - 8, true))];
    else if (tag % 8 === 5) yield [field, view.getUint32((at += 4) - 4, true)];
    else throw new RangeError(`Field ${field} has the unknown wire type ${tag % 8}`);
  }
}
