import { Malformed } from './malformed.ts';

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...Buffer.from('"\\,:[]{}')];
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What a value is, by its first byte. */
export type JsonKind = 'object' | 'list' | 'text' | 'number' | 'true' | 'false' | 'null';

/**
 * A cursor over JSON text (RFC 8259) that reads one value after the other. It builds only what the caller asks for, because a parsed object takes ten
 * to fifty times the memory of its text. Throws `Malformed` with the position of the error.
 */
export class JsonText {
  readonly #bytes: Buffer;
  #at = 0;
  /** Whether the text that was read last has escapes. */
  #escaped = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Where the next value begins. Set it to read again from there. */
  get position(): number {
    return this.#at;
  }

  set position(at: number) {
    this.#at = at;
  }

  /** The kind of the next value. Does not move the cursor. */
  kind(): JsonKind {
    const byte = this.#next();
    if (byte === OPEN_OBJECT) return 'object';
    if (byte === OPEN_LIST) return 'list';
    if (byte === QUOTE) return 'text';
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return 'number';
    for (const word of WORDS) if (byte === word.first) return word.kind;
    return this.#unexpected();
  }

  /** Reads an object. Calls `member` with each name, in Latin-1, because all known names are ASCII. `member` must read or skip the value. */
  object(member: (name: string) => void): void {
    this.#take(OPEN_OBJECT);
    if (this.#tookIf(CLOSE_OBJECT)) return;
    do {
      if (this.#next() !== QUOTE) this.#unexpected();
      const start = this.#at + 1;
      const end = this.#endOfText();
      const name = this.#escaped ? this.#unescaped(start, end) : this.#bytes.toString('latin1', start, end);
      this.#take(COLON);
      member(name);
    } while (this.#tookIf(COMMA));
    this.#take(CLOSE_OBJECT);
  }

  /** Reads a list. Calls `item` at each value, which it must read or skip. */
  list(item: () => void): void {
    this.#take(OPEN_LIST);
    if (this.#tookIf(CLOSE_LIST)) return;
    do item();
    while (this.#tookIf(COMMA));
    this.#take(CLOSE_LIST);
  }

  /** Reads text as UTF-8. Without escapes, it is a part of the JSON itself. */
  utf8(): Buffer {
    const start = this.#at + 1;
    const end = this.#endOfText();
    return this.#escaped ? Buffer.from(this.#unescaped(start, end)) : this.#bytes.subarray(start, end);
  }

  /** Reads text. */
  text(): string {
    const start = this.#at + 1;
    const end = this.#endOfText();
    return this.#escaped ? this.#unescaped(start, end) : this.#bytes.toString('utf8', start, end);
  }

  /** Reads a number as it is written. */
  number(): string {
    const start = this.#at;
    while (NUMERIC.has(this.#bytes[this.#at])) this.#at++;
    const number = this.#bytes.toString('latin1', start, this.#at);
    return NUMBER.test(number) ? number : this.#unexpected(start);
  }

  /** Reads `true`, `false` or `null`. */
  word(): 'true' | 'false' | 'null' {
    const start = this.#at;
    for (const { kind } of WORDS) {
      if (this.#bytes.toString('latin1', start, start + kind.length) !== kind) continue;
      this.#at += kind.length;
      return kind;
    }
    return this.#unexpected();
  }

  /** Skips a value of at most `depth` levels. */
  skip(depth: number): void {
    if (depth < 0) throw new Malformed('the request is nested too deep');
    const kind = this.kind();
    if (kind === 'object') this.object(() => this.skip(depth - 1));
    else if (kind === 'list') this.list(() => this.skip(depth - 1));
    else if (kind === 'text') this.#endOfText();
    else if (kind === 'number') this.number();
    else this.word();
  }

  /** Throws if anything follows the value that was read. */
  end(): void {
    if (this.#next() !== -1) this.#unexpected();
  }

  /** The first byte that is not white space, or -1 at the end. */
  #next(): number {
    const bytes = this.#bytes;
    for (; this.#at < bytes.length; this.#at++) {
      const byte = bytes[this.#at] as number;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
    }
    return -1;
  }

  #take(byte: number | undefined): void {
    if (this.#next() !== byte) this.#unexpected();
    this.#at++;
  }

  #tookIf(byte: number | undefined): boolean {
    if (this.#next() !== byte) return false;
    this.#at++;
    return true;
  }

  /** Moves behind the text that begins here, and returns the position of its closing quote. */
  #endOfText(): number {
    const bytes = this.#bytes;
    this.#escaped = false;
    for (let at = this.#at + 1; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return at;
      }
      if (byte < 0x20) return this.#unexpected(at);
      if (byte === BACKSLASH) at = this.#endOfEscape(at);
    }
    throw new Malformed('the body is not JSON: it ends inside a text');
  }

  /** The last byte of the escape that begins here. */
  #endOfEscape(start: number): number {
    this.#escaped = true;
    const sign = this.#bytes[start + 1];
    if (sign !== LETTER_U) return SIGNS.has(sign) ? start + 1 : this.#unexpected(start + 1);
    for (let at = start + 2; at < start + 6; at++) if (!HEX.has(this.#bytes[at])) this.#unexpected(at);
    return start + 5;
  }

  #unescaped(start: number, end: number): string {
    return JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1)) as string;
  }

  #unexpected(at = this.#at): never {
    if (at >= this.#bytes.length) throw new Malformed('the body is not JSON: it ends too early');
    throw new Malformed(`the body is not JSON: unexpected ${JSON.stringify(this.#bytes.toString('utf8', at, at + 1))} at byte ${at}`);
  }
}

const LETTER_U = 'u'.charCodeAt(0);
const SIGNS: ReadonlySet<number | undefined> = new Set(Buffer.from('"\\/bfnrt'));
const HEX: ReadonlySet<number | undefined> = new Set(Buffer.from('0123456789abcdefABCDEF'));
const NUMERIC: ReadonlySet<number | undefined> = new Set(Buffer.from('0123456789+-.eE'));
const WORDS = (['true', 'false', 'null'] as const).map((kind) => ({ kind, first: kind.charCodeAt(0) }));
