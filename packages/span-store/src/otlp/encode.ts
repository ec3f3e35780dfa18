import { isUtf8 } from 'node:buffer';
import { JsonText } from './json-text.ts';
import { BadValue, Malformed } from './malformed.ts';
import type { Field, Message } from './schema.ts';
import { KeyValue } from './schema.ts';
import { WireWriter } from './wire-writer.ts';

/** How deep attribute values may nest, in JSON and in protobuf. */
export const MAX_DEPTH = 64;

/** OTLP/JSON as protobuf. */
export interface Encoded {
  readonly bytes: Buffer;
  /** Why attributes were left out, one entry for each. */
  readonly dropped: readonly string[];
}

/**
 * Encodes the text of OTLP/JSON as protobuf in one pass, so that the store has a single format and a body takes no more memory than its text. As the
 * OTLP/JSON encoding requires, it reads camelCase and snake_case names, numbers as numbers or text, and enums as numbers or names, and skips unknown
 * fields. An attribute with an invalid value is left out and counted in `droppedAttributesCount`. Throws `Malformed`.
 */
export function encodeJson(message: Message, text: Buffer): Encoded {
  if (!isUtf8(text)) throw new Malformed('the body is not UTF-8');
  return new Encoder(text).encode(message);
}

/** Encodes a message in the shape of its JSON. */
export const encode = (message: Message, json: unknown): Buffer => encodeJson(message, Buffer.from(JSON.stringify(json))).bytes;

class Encoder {
  readonly #json: JsonText;
  readonly #writer: WireWriter;
  readonly #dropped: string[] = [];

  constructor(text: Buffer) {
    this.#json = new JsonText(text);
    this.#writer = new WireWriter(text.length);
  }

  encode(message: Message): Encoded {
    this.#message(message, 0);
    this.#json.end();
    return { bytes: this.#writer.bytes(), dropped: this.#dropped };
  }

  #message(message: Message, depth: number): void {
    if (this.#json.kind() !== 'object') throw new BadValue(`${message.name} should be an object`);
    if (depth > MAX_DEPTH) throw new Malformed(`the request is nested deeper than ${MAX_DEPTH} levels`);
    const counter = message.byName.get('droppedAttributesCount');
    let dropped = 0n;
    this.#json.object((name) => {
      const field = message.byName.get(name) ?? message.byName.get(camelCase(name));
      if (field === undefined || this.#json.kind() === 'null') this.#json.skip(MAX_DEPTH - depth);
      else if (field === counter) dropped += this.#integer(field, 0n, 0xffffffffn);
      else if (field.repeated) dropped += this.#list(message, field, depth, counter !== undefined);
      else this.#field(field, depth);
    });
    if (counter !== undefined && dropped > 0n) this.#writer.varint(counter.number, dropped);
  }

  /** Returns how many attributes were left out, if the message `counts` them. */
  #list(message: Message, field: Field, depth: number, counts: boolean): bigint {
    if (this.#json.kind() !== 'list') throw new BadValue(`${message.name}.${field.name} should be a list`);
    let dropped = 0n;
    this.#json.list(() => {
      if (!counts || field.message !== KeyValue) this.#field(field, depth);
      else if (!this.#attribute(field, depth)) dropped++;
    });
    return dropped;
  }

  /** An attribute is written whole or not at all; returns whether it was. */
  #attribute(field: Field, depth: number): boolean {
    const [from, to] = [this.#json.position, this.#writer.position];
    try {
      this.#field(field, depth);
      return true;
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      this.#dropped.push(error.message);
      this.#json.position = from;
      this.#writer.position = to;
      this.#json.skip(MAX_DEPTH - depth);
      return false;
    }
  }

  #field(field: Field, depth: number): void {
    const { message } = field;
    if (message === undefined) this.#scalar(field);
    else this.#writer.message(field.number, () => this.#message(message, message === KeyValue ? depth : depth + 1));
  }

  #scalar(field: Field): void {
    const writer = this.#writer;
    switch (field.type) {
      case 'string':
        return writer.length(field.number, this.#isText(field) && this.#json.utf8());
      case 'bytes':
        return writer.length(field.number, Buffer.from(this.#text(field), 'base64'));
      case 'id':
        return writer.length(field.number, id(field, this.#text(field)));
      case 'bool':
        return writer.varint(field.number, this.#boolean(field) ? 1n : 0n);
      case 'int64':
        return writer.varint(field.number, this.#integer(field, -(1n << 63n), (1n << 63n) - 1n));
      case 'uint32':
        return writer.varint(field.number, this.#integer(field, 0n, 0xffffffffn));
      case 'enum':
        return writer.varint(field.number, this.#enum(field));
      case 'fixed64':
        return writer.fixed64(field.number, this.#integer(field, 0n, (1n << 64n) - 1n));
      case 'fixed32':
        return writer.fixed32(field.number, Number(this.#integer(field, 0n, 0xffffffffn)));
      case 'double':
        return writer.double(field.number, this.#double(field));
      case 'message':
        throw new TypeError('a message is not a scalar');
    }
  }

  #isText(field: Field): true {
    return this.#json.kind() === 'text' || wrong(field, 'text');
  }

  #text(field: Field): string {
    return this.#isText(field) && this.#json.text();
  }

  #boolean(field: Field): boolean {
    const kind = this.#json.kind();
    return kind === 'true' || kind === 'false' ? this.#json.word() === 'true' : wrong(field, 'true or false');
  }

  #integer(field: Field, least: bigint, most: bigint): bigint {
    return within(field, this.#number(field, 'a whole number'), least, most);
  }

  /** A number, written as a number or as text. */
  #number(field: Field, expected: string): string {
    const kind = this.#json.kind();
    if (kind === 'number') return this.#json.number();
    return kind === 'text' ? this.#json.text() : wrong(field, expected);
  }

  #double(field: Field): number {
    const text = this.#number(field, 'a number');
    const number = text.trim() === '' ? Number.NaN : Number(text);
    return Number.isNaN(number) && text !== 'NaN' ? wrong(field, 'a number') : number;
  }

  #enum(field: Field): bigint {
    const text = this.#number(field, 'a whole number');
    const named = ENUMS.get(field.name)?.indexOf(text) ?? -1;
    return named >= 0 ? BigInt(named) : within(field, text, -(1n << 31n), (1n << 31n) - 1n);
  }
}

function within(field: Field, text: string, least: bigint, most: bigint): bigint {
  const number = integer(text);
  if (number === undefined) return wrong(field, 'a whole number');
  return number >= least && number <= most ? number : wrong(field, `between ${least} and ${most}`);
}

/** JSON may write a whole number as `5`, `5.0` or `5e0`. */
function integer(text: string): bigint | undefined {
  if (/^-?\d{1,20}$/.test(text)) return BigInt(text);
  const number = /^-?\d/.test(text) ? Number(text) : Number.NaN;
  return Number.isInteger(number) ? BigInt(number) : undefined;
}

const id = (field: Field, hex: string): Buffer =>
  hex.length % 2 === 0 && /^[0-9a-f]*$/i.test(hex) ? Buffer.from(hex, 'hex') : wrong(field, 'hex digits');

const ENUMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['kind', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((name) => `SPAN_KIND_${name}`)],
  ['code', ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`)],
]);

function wrong(field: Field, expected: string): never {
  throw new BadValue(`${field.name} should be ${expected}`);
}

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
