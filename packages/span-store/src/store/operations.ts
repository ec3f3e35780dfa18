/** A span name with one of its kinds, as Jaeger writes them. The kind is empty if the span had none. */
export interface Operation {
  readonly name: string;
  readonly spanKind: string;
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

/** What a name costs in its map in addition to its characters. Measured: see `memory.test.ts`. */
const NAME_OVERHEAD = 120;

/**
 * The services and operations that were seen. As in Jaeger, they outlive the traces. The memory is bounded: the service that was seen least recently
 * is forgotten first, and a service with too many names loses the oldest ones.
 */
export class Operations {
  readonly #byService = new Map<string, Map<string, number>>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds names of a service's spans, each with its kinds as bits. */
  add(service: string, names: ReadonlyMap<string, number>): void {
    const known = this.#touch(service);
    for (const [name, kinds] of names) {
      const before = known.get(name);
      if (before === undefined) this.#bytes += size(name);
      known.set(name, (before ?? 0) | kinds);
    }
    if (this.#bytes > this.#maxBytes) this.#shrink(service);
  }

  services(): string[] {
    return [...this.#byService.keys()];
  }

  /** The operations of a service, of all kinds or of one. */
  of(service: string, kind = ''): Operation[] {
    const names = this.#byService.get(service) ?? new Map<string, number>();
    return [...names].flatMap(([name, kinds]) =>
      KINDS.filter((known, bit) => (kinds & (1 << bit)) !== 0 && (kind === '' || kind === known)).map((spanKind) => ({ name, spanKind })),
    );
  }

  #touch(service: string): Map<string, number> {
    let known = this.#byService.get(service);
    if (known === undefined) {
      known = new Map();
      this.#bytes += size(service);
    } else this.#byService.delete(service);
    this.#byService.set(service, known);
    return known;
  }

  #shrink(latest: string): void {
    for (const [service, names] of this.#byService) {
      if (this.#bytes <= this.#maxBytes) return;
      for (const name of names.keys()) {
        if (service === latest && this.#bytes <= this.#maxBytes) return;
        names.delete(name);
        this.#bytes -= size(name);
      }
      this.#byService.delete(service);
      this.#bytes -= size(service);
    }
  }
}

const size = (name: string): number => NAME_OVERHEAD + name.length * 2;
