/** An encoded resource or scope. Equal ones are kept once for all their spans. */
export interface Header {
  readonly key: string;
  readonly bytes: Buffer;
  /** `service.name` of a resource. */
  readonly service: string;
  users: number;
}

/** What an object, a map entry and a buffer cost in addition to the bytes. Measured: see `memory.test.ts`. */
const HEADER_OVERHEAD = 500;

/** Keeps each distinct resource and scope once, for as long as spans use it, and counts its bytes. */
export class Headers {
  readonly #byKey = new Map<string, Header>();
  readonly #name: (bytes: Buffer) => string;
  /** Estimated memory of all headers. */
  bytes = 0;

  /** `name` reads the service from a new header. */
  constructor(name: (bytes: Buffer) => string) {
    this.#name = name;
  }

  /** The header with these bytes, with one more user. */
  use(encoded: Buffer): Header {
    const key = encoded.toString('latin1', 0, encoded.length);
    let header = this.#byKey.get(key);
    if (header === undefined) {
      const bytes = Buffer.from(encoded);
      header = { key, bytes, service: this.#name(bytes), users: 0 };
      this.#byKey.set(key, header);
      this.bytes += size(header);
    }
    header.users++;
    return header;
  }

  release(header: Header): void {
    if (--header.users > 0) return;
    this.#byKey.delete(header.key);
    this.bytes -= size(header);
  }
}

/** Bytes and key hold the same content. */
const size = (header: Header): number => HEADER_OVERHEAD + header.bytes.length * 2;
