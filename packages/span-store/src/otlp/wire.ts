import { Malformed } from './malformed.ts';
import { FIXED32, FIXED64, LENGTH, VARINT } from './schema.ts';

/** A cursor over protobuf bytes. Throws `Malformed` rather than read past the end. */
export class Wire {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** A varint that is a tag, a length, an enum or a small count: 32 bits, higher bits are dropped as protobuf says. */
  uint32(end: number): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw new Malformed('the message ends inside a number');
      const byte = bytes[this.at++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new Malformed('a number is longer than ten bytes');
  }

  /** The tag of a field: its number and wire type. */
  tag(end: number): number {
    const tag = this.uint32(end);
    if (tag < 8) throw new Malformed('0 is not a valid field number');
    return tag;
  }

  /** A varint of 64 bits, signed. */
  int64(end: number): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= end) throw new Malformed('the message ends inside a number');
      const byte = this.bytes[this.at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new Malformed('a number is longer than ten bytes');
  }

  /** Reads a length, and returns where that many bytes end. */
  lengthEnd(end: number): number {
    const length = this.uint32(end);
    const inner = this.at + length;
    if (inner > end) throw new Malformed(`a field has a length of ${length} bytes, but only ${end - this.at} remain`);
    return inner;
  }

  /** Skips `size` bytes. */
  step(size: number, end: number): void {
    this.at += size;
    if (this.at > end) throw new Malformed('the message ends inside a field');
  }

  /** Skips a value of the given wire type. */
  skip(wire: number, end: number): void {
    if (wire === LENGTH) this.at = this.lengthEnd(end);
    else if (wire === VARINT) this.uint32(end);
    else if (wire === FIXED64) this.step(8, end);
    else if (wire === FIXED32) this.step(4, end);
    else throw new Malformed(`wire type ${wire} is not one of OTLP`);
  }
}
