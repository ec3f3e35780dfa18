/** A resource or scope as it came, encoded. Equal ones are kept once, however many spans refer to them. */
export interface Header {
  readonly key: string;
  readonly bytes: Buffer;
  /** `service.name`, for a resource that has one. */
  readonly service: string;
  users: number;
}

/** What an object, a map entry and a buffer cost beside the bytes themselves; measured, see `memory.test.ts`. */
const HEADER_OVERHEAD = 500;

/** Keeps each distinct resource and scope once. A header lives as long as spans use it, and its bytes are counted. */
export class Headers {
  readonly #byKey = new Map<string, Header>();
  readonly #name: (bytes: Buffer) => string;
  /** Estimated memory of all headers. */
  bytes = 0;

  /** `name` reads the service from a new header. */
  constructor(name: (bytes: Buffer) => string) {
    this.#name = name;
  }

  /** The header with these bytes, with one user more. */
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
