import { OpenFeature, type Client } from '@openfeature/server-sdk';
import { FAULT } from '@waymark/semantic-conventions';
import { activeTraceId, annotate } from '@waymark/tracing';
import type { Effect, Fault, Place } from './fault.ts';
import { FlagFile } from './flags.ts';
import { evaluationContext, FaultySpans, requestedHere } from './faulty-spans.ts';

/** The faults that hit a place, and what they do there. */
export interface Hit {
  /** The names of the faults, separated by commas. */
  readonly names: string;
  readonly effects: readonly Effect[];
}

/** How many traces are remembered for effects that happen a limited number of times in each. */
const REMEMBERED = 1_000;

const DOMAIN = 'waymark-faults';

/** The faults of one service, from a file that is read again when it changes. */
export class Faults {
  /** The span processor that marks spans, loses them and falsifies their times. */
  readonly spans: FaultySpans;
  readonly #service: string;
  readonly #flags: FlagFile;
  readonly #client: Client;
  #places: ReadonlyMap<Place, readonly Fault[]>;
  #queryPlaces: readonly Place[] = [];
  readonly #counts = new Map<string, number>();

  private constructor(service: string, flags: FlagFile, client: Client) {
    this.#service = service;
    this.#flags = flags;
    this.#client = client;
    this.#places = this.#placesOf(flags.faults);
    this.spans = new FaultySpans((name, context) => flags.isOn(name, context), this.#places.get('export spans') ?? []);
  }

  /**
   * Reads the faults of a service.
   * @throws {Error} if the file cannot be read or is invalid
   */
  static async open(file: string, service: string, warn: (message: string) => void): Promise<Faults> {
    const flags = new FlagFile(file, (all) => faults.#changed(all), warn);
    await OpenFeature.setProviderAndWait(DOMAIN, flags);
    const faults = new Faults(service, flags, OpenFeature.getClient(DOMAIN));
    return faults;
  }

  /** All faults of the file, of this service and the others. */
  get all(): readonly Fault[] {
    return this.#flags.faults;
  }

  /** Whether a fault could hit a place, such as `route introspect`. */
  couldHit(place: Place): boolean {
    return this.#places.has(place);
  }

  /** The place of a statement that a fault could hit. */
  placeOfQuery(text: string): Place | undefined {
    return this.#queryPlaces.find((place) => text.includes(place.slice('query '.length)));
  }

  /** The faults that hit a place now, if there are any. Does not mark a span. */
  async at(place: Place): Promise<Hit | undefined> {
    const names: string[] = [];
    const effects: Effect[] = [];
    for (const { name, effects: possible } of this.#places.get(place) ?? []) {
      const { variant } = await this.#client.getObjectDetails(name, {}, evaluationContext(activeTraceId(), requestedHere()));
      const chosen = variant === 'on' ? possible.filter((effect, at) => this.#happens(`${name} ${at}`, effect)) : [];
      if (chosen.length > 0) names.push(name);
      effects.push(...chosen);
    }
    return names.length > 0 ? { names: names.join(), effects } : undefined;
  }

  /** Like `at`, and marks the active span. */
  async markedAt(place: Place): Promise<Hit | undefined> {
    const hit = await this.at(place);
    if (hit) annotate({ [FAULT]: hit.names });
    return hit;
  }

  /** Stops reading the file. */
  async close(): Promise<void> {
    await OpenFeature.close();
  }

  #changed(all: readonly Fault[]): void {
    this.#places = this.#placesOf(all);
    this.spans.faults = this.#places.get('export spans') ?? [];
  }

  #placesOf(all: readonly Fault[]): Map<Place, Fault[]> {
    const places = Map.groupBy(
      all.filter(({ service }) => service === this.#service),
      ({ at }) => at,
    );
    this.#queryPlaces = [...places.keys()].filter((place) => place.startsWith('query '));
    return places;
  }

  #happens(id: string, { share = 1, times }: Effect): boolean {
    if (share < 1 && Math.random() >= share) return false;
    if (times === undefined) return true;
    const key = `${id} ${activeTraceId() ?? ''}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > REMEMBERED && oldest !== undefined) this.#counts.delete(oldest);
    return count <= times;
  }
}
