import { FIXED32, FIXED64, LENGTH, VARINT } from './schema.ts';

/** Writes protobuf fields into a buffer that grows as needed. */
export class WireWriter {
  #buffer: Buffer;
  #at = 0;

  /** `capacity` is the initial size in bytes. */
  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(64, capacity));
  }

  /** The number of bytes written. Set it to undo what was written after. */
  get position(): number {
    return this.#at;
  }

  set position(at: number) {
    this.#at = at;
  }

  /** The bytes written so far. Valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  varint(number: number, value: bigint): void {
    this.#tag(number, VARINT);
    this.#room(10);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#buffer[this.#at++] = Number(rest);
  }

  fixed64(number: number, value: bigint): void {
    this.#tag(number, FIXED64);
    this.#room(8);
    this.#at = this.#buffer.writeBigUInt64LE(value, this.#at);
  }

  double(number: number, value: number): void {
    this.#tag(number, FIXED64);
    this.#room(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  fixed32(number: number, value: number): void {
    this.#tag(number, FIXED32);
    this.#room(4);
    this.#at = this.#buffer.writeUInt32LE(value, this.#at);
  }

  length(number: number, bytes: Buffer): void {
    this.#tag(number, LENGTH);
    this.#uint32(bytes.length);
    this.#room(bytes.length);
    this.#at += bytes.copy(this.#buffer, this.#at);
  }

  /** Writes bytes that are already encoded fields. */
  raw(bytes: Buffer, from = 0, to = bytes.length): void {
    this.#room(to - from);
    this.#at += bytes.copy(this.#buffer, this.#at, from, to);
  }

  /** Writes a message. `content` writes its fields. */
  message(number: number, content: () => void): void {
    this.#tag(number, LENGTH);
    const start = this.#at;
    content();
    const size = this.#at - start;
    const head = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : 4;
    // The length comes before the content but is known only after it. Move the content to make room.
    this.#room(head);
    this.#buffer.copyWithin(start + head, start, this.#at);
    this.#at = start;
    this.#uint32(size);
    this.#at += size;
  }

  #tag(number: number, wire: number): void {
    this.#uint32((number << 3) | wire);
  }

  #uint32(value: number): void {
    this.#room(5);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.#buffer[this.#at++] = (rest & 0x7f) | 0x80;
    this.#buffer[this.#at++] = rest;
  }

  #room(size: number): void {
    if (this.#at + size <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + size));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}
