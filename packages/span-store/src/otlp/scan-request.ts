import { checkField, isField } from './check.ts';
import { Malformed } from './malformed.ts';
import type { Message } from './schema.ts';
import { LENGTH, ResourceSpans, ScopeSpans, Span, VARINT } from './schema.ts';
import { Ranges } from './ranges.ts';
import { truncate } from './truncate.ts';
import { Wire } from './wire.ts';

/** One `ScopeSpans` of a request. `resource` and `scope` are the enclosing messages without their content. */
export interface ScannedScope {
  readonly resource: Buffer;
  readonly scope: Buffer;
  /** The encoded spans in the body, as entries of `ScopeSpans.spans`, by trace id. The id has 16 characters, one for each byte. */
  readonly traces: ReadonlyMap<string, Ranges>;
  /** Span names, each with its kinds as bits. */
  readonly operations: ReadonlyMap<string, number>;
}

export interface ScannedRequest {
  readonly body: Buffer;
  readonly scopes: readonly ScannedScope[];
  readonly spans: number;
  /** Spans that were left out, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
  /** How many attributes were cut because they were larger than `maxAttributeBytes`. */
  readonly truncated: number;
}

export interface ScanLimits {
  readonly maxSpans: number;
  readonly maxAttributeBytes: number;
  /** The largest span. */
  readonly maxSpanBytes: number;
  /** The largest resource or scope. */
  readonly maxOriginBytes: number;
}

/** A request that is larger than the store accepts. It is answered with 413. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/**
 * Checks a whole encoded `ExportTraceServiceRequest` and sorts its spans by trace, without decoding them. Throws `Malformed` or `TooLarge` if any part
 * is invalid. Single spans without ids are rejected, and attributes that are too large are cut.
 */
export function scanRequest(body: Buffer, limits: ScanLimits): ScannedRequest {
  const scan = new Scan(body, limits);
  scan.request();
  return scan;
}

const NO_ID = '\0'.repeat(16);
const [TRACE_ID, SPAN_ID, NAME, KIND] = [(1 << 3) | LENGTH, (2 << 3) | LENGTH, (5 << 3) | LENGTH, (6 << 3) | VARINT];

class Scan implements ScannedRequest {
  readonly scopes: ScannedScope[] = [];
  spans = 0;
  readonly rejected = new Map<string, number>();
  truncated = 0;
  readonly body: Buffer;
  readonly #wire: Wire;
  readonly #limits: ScanLimits;

  constructor(body: Buffer, limits: ScanLimits) {
    this.body = body;
    this.#wire = new Wire(body);
    this.#limits = limits;
  }

  request(): void {
    const wire = this.#wire;
    const end = this.body.length;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (isField(tag, 1)) this.#resourceSpans(wire.lengthEnd(end));
      else if (tag >>> 3 === 1) throw new Malformed('ExportTraceServiceRequest.resourceSpans is not a message');
      else wire.skip(tag & 7, end);
    }
  }

  #resourceSpans(end: number): void {
    const { bytes, inner } = this.#envelope(ResourceSpans, end);
    for (let i = 0; i < inner.length; i += 3) {
      this.#wire.at = inner[i + 1] as number;
      this.#scopeSpans(bytes, inner[i + 2] as number);
    }
    this.#wire.at = end;
  }

  #scopeSpans(resource: Buffer, end: number): void {
    const { bytes, inner } = this.#envelope(ScopeSpans, end);
    this.spans += inner.length / 3;
    if (this.spans > this.#limits.maxSpans)
      throw new TooLarge(`the request has more than ${this.#limits.maxSpans} spans; send smaller batches`);
    const byTrace = new Map<string, Ranges>();
    const operations = new Map<string, number>();
    for (let i = 0; i < inner.length; i += 3) {
      const [start, from, to] = [inner[i] as number, inner[i + 1] as number, inner[i + 2] as number];
      const found = this.#span(from, to, operations);
      if (found === undefined) continue;
      const fits = found.largest <= this.#limits.maxAttributeBytes && to - start <= this.#limits.maxSpanBytes;
      const cut = fits ? undefined : this.#cut(ScopeSpans, this.body.subarray(start, to), found.largest, this.#limits.maxSpanBytes);
      if (fits) rangesOf(byTrace, found.trace).add(start, to);
      else if (cut === undefined) this.#reject(`larger than ${this.#limits.maxSpanBytes} bytes`);
      else rangesOf(byTrace, found.trace).addOther(cut);
    }
    if (byTrace.size > 0) this.scopes.push({ resource, scope: bytes, traces: byTrace, operations });
  }

  /**
   * Splits a `ResourceSpans` or `ScopeSpans` into its content (field 2) and the rest, in any order on the wire. For each message of the content, the
   * list has three numbers: where its tag starts, where its content starts, and where it ends. One flat list, because there are many.
   */
  #envelope(message: Message, end: number): { bytes: Buffer; inner: number[] } {
    const wire = this.#wire;
    const inner: number[] = [];
    const rest: Buffer[] = [];
    let largest = 0;
    while (wire.at < end) {
      const start = wire.at;
      const tag = wire.tag(end);
      if (isField(tag, 2)) {
        const last = wire.lengthEnd(end);
        inner.push(start, wire.at, last);
        wire.at = last;
      } else {
        largest = Math.max(largest, checkField(message, wire, tag, end, 0));
        rest.push(this.body.subarray(start, wire.at));
      }
    }
    const bytes = rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest);
    const { maxOriginBytes } = this.#limits;
    const fitting = this.#cut(message, bytes, largest, maxOriginBytes);
    if (fitting === undefined) throw new TooLarge(`a resource or scope is larger than ${maxOriginBytes} bytes`);
    return { bytes: fitting, inner };
  }

  /**
   * Cuts attributes to the largest allowed size. If the whole message is still too large, cuts them to a sixteenth of that. Returns undefined if it
   * remains too large.
   */
  #cut(message: Message, encoded: Buffer, largest: number, maxBytes: number): Buffer | undefined {
    const { maxAttributeBytes } = this.#limits;
    const whole = { bytes: encoded, count: 0 };
    let cut = largest > maxAttributeBytes ? truncate(message, encoded, maxAttributeBytes) : whole;
    if (cut.bytes.length > maxBytes) cut = truncate(message, encoded, maxAttributeBytes >> 4);
    if (cut.bytes.length > maxBytes) return undefined;
    this.truncated += cut.count;
    return cut.bytes;
  }

  /** Checks one span. Returns its trace and the size of its largest attribute, or undefined if the span is rejected. */
  #span(from: number, end: number, operations: Map<string, number>): { trace: string; largest: number } | undefined {
    const wire = this.#wire;
    wire.at = from;
    let trace = NO_ID;
    let named = false;
    let name = '';
    let kind = 0;
    let largest = 0;
    while (wire.at < end) {
      const tag = wire.tag(end);
      const start = wire.at;
      const size = checkField(Span, wire, tag, end, 0);
      if (size > largest) largest = size;
      if (tag === TRACE_ID && wire.at - start === 17) trace = this.body.toString('latin1', start + 1, wire.at);
      else if (tag === SPAN_ID) named = wire.at - start === 9 && !isZero(this.body, start + 1, wire.at);
      else if (tag === NAME) name = this.body.toString('utf8', afterVarint(this.body, start), wire.at);
      else if (tag === KIND) kind = (this.body[start] as number) & 0x1f;
    }
    if (trace === NO_ID || !named) return this.#reject('without trace id or span id');
    operations.set(name, (operations.get(name) ?? 0) | (1 << kind));
    return { trace, largest };
  }

  #reject(reason: string): undefined {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
    return undefined;
  }
}

function rangesOf(byTrace: Map<string, Ranges>, trace: string): Ranges {
  let ranges = byTrace.get(trace);
  if (ranges === undefined) byTrace.set(trace, (ranges = new Ranges()));
  return ranges;
}

function isZero(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

function afterVarint(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at++] as number) >= 0x80);
  return at;
}
