import {
  isSpanContextValid,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  type TraceState,
} from '@opentelemetry/api';
import { CompositePropagator, isTracingSuppressed, W3CBaggagePropagator } from '@opentelemetry/core';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { passRandomFlag, RANDOM_FLAG } from '@waymark/context';

/** `traceparent` (W3C Trace Context Level 2, §3.2), version 00. Flags that the version does not know are left out. */
export function traceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${flagsText(traceFlags)}`;
}

/** The flags as two hexadecimal digits. */
export function flagsText(traceFlags: number): string {
  return `0${traceFlags & (TraceFlags.SAMPLED | RANDOM_FLAG)}`;
}

/** Passes the random flag on to the spans of instrumentations that are not ours. */
export const randomFlag: SpanProcessor = {
  onStart: passRandomFlag,
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

/** The names that the SDK knows, for which it has propagators or asks for a package. */
const SDK_PROPAGATORS: ReadonlySet<string> = new Set(['b3', 'b3multi', 'jaeger', 'xray', 'ottrace', 'none']);

/**
 * The propagator that `OTEL_PROPAGATORS` names: ours for tracecontext and baggage (the default). Undefined leaves other lists to the SDK. A
 * name that nobody knows is warned of and ignored.
 */
export function propagatorFromEnv(env: NodeJS.ProcessEnv, warn: (message: string) => void = () => {}): TextMapPropagator | undefined {
  const ours = { tracecontext: new TraceContextPropagator(), baggage: new W3CBaggagePropagator() };
  const listed = (env['OTEL_PROPAGATORS'] ?? '').split(',').map((name) => name.trim());
  const [known, unknown] = [[] as string[], [] as string[]];
  for (const name of listed.filter(Boolean)) (Object.hasOwn(ours, name) || SDK_PROPAGATORS.has(name) ? known : unknown).push(name);
  if (unknown.length > 0)
    warn(`OTEL_PROPAGATORS has "${unknown.join(', ')}", which is ignored: it takes tracecontext, baggage, b3, b3multi or none`);
  const names = known.length > 0 ? known : ['tracecontext', 'baggage'];
  if (names.some((name) => SDK_PROPAGATORS.has(name))) return undefined;
  return new CompositePropagator({ propagators: names.map((name) => ours[name as keyof typeof ours]) });
}

const PARENT = 'traceparent';
const STATE = 'tracestate';
const FORMAT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;

/** W3C Trace Context Level 2. OpenTelemetry's own follows Level 1: it has no random flag, and another grammar of `tracestate`. */
export class TraceContextPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = trace.getSpanContext(context);
    if (!span || !isSpanContextValid(span) || isTracingSuppressed(context)) return;
    setter.set(carrier, PARENT, traceparent(span));
    const state = span.traceState?.serialize();
    if (state) setter.set(carrier, STATE, state);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = getter.get(carrier, PARENT);
    const found = FORMAT.exec(trimmed(Array.isArray(header) ? header.join() : header));
    if (!found) return context;
    const [, version, traceId = '', spanId = '', flags = '', rest] = found;
    // Later versions may have more fields, and are read as far as this one goes (§3.2.4).
    if (version === '00' && rest !== undefined) return context;
    const state = getter.get(carrier, STATE);
    const traceState = state === undefined ? undefined : parseTraceState(Array.isArray(state) ? state.join() : state);
    const traceFlags = Number.parseInt(flags, 16) & (TraceFlags.SAMPLED | RANDOM_FLAG);
    return trace.setSpanContext(context, { traceId, spanId, traceFlags, isRemote: true, ...(traceState && { traceState }) });
  }

  fields(): string[] {
    return [PARENT, STATE];
  }
}

const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MOST_MEMBERS = 32;
/** In characters. The specification asks to pass on at least as many. */
const LONGEST = 512;
/** Members that are longer go first. */
const LONG_MEMBER = 128;

type Member = readonly [key: string, value: string];

/**
 * Reads `tracestate` (W3C Trace Context Level 2, §3.3). A header with an illegal member, or with more than 32, is discarded as a whole, as
 * the working group's test suite expects. If a key is there twice, the first counts.
 * @returns undefined if there is nothing to pass on
 */
export function parseTraceState(header: unknown): TraceState | undefined {
  if (typeof header !== 'string') return undefined;
  const listed = header.split(',').map(trimmed).filter(Boolean);
  if (listed.length === 0 || listed.length > MOST_MEMBERS) return undefined;
  const members = new Map<string, string>();
  for (const member of listed) {
    const at = member.indexOf('=');
    const [key, value] = [member.slice(0, Math.max(0, at)), member.slice(at + 1)];
    if (!isLegal(key, value)) return undefined;
    if (!members.has(key)) members.set(key, value);
  }
  return new Members([...members]);
}

const isLegal = (key: string, value: string): boolean => KEY.test(key) && VALUE.test(value);

/** The members of a `tracestate`, the latest first. */
class Members implements TraceState {
  readonly #members: readonly Member[];

  constructor(members: readonly Member[]) {
    this.#members = fitting(members);
  }

  get(key: string): string | undefined {
    return this.#members.find(([one]) => one === key)?.[1];
  }

  /** With the member in front (§3.5). A full list loses its last member. An illegal member is ignored. */
  set(key: string, value: string): TraceState {
    return isLegal(key, value) ? new Members([[key, value] as const, ...this.#without(key)].slice(0, MOST_MEMBERS)) : this;
  }

  unset(key: string): TraceState {
    return new Members(this.#without(key));
  }

  serialize(): string {
    return this.#members.map((member) => member.join('=')).join();
  }

  #without(key: string): readonly Member[] {
    return this.#members.filter(([one]) => one !== key);
  }
}

const lengthOf = ([key, value]: Member): number => key.length + 1 + value.length;

/** Drops whole members until the list is short enough: first the long ones, then from the end (§3.3.1.5). */
function fitting(members: readonly Member[]): readonly Member[] {
  let kept = [...members];
  let length = members.reduce((sum, member) => sum + lengthOf(member) + 1, -1);
  for (const isDropped of [(member: Member) => lengthOf(member) > LONG_MEMBER, () => true]) {
    for (const member of kept.toReversed()) {
      if (length <= LONGEST) return kept;
      if (!isDropped(member)) continue;
      kept = kept.filter((one) => one !== member);
      length -= lengthOf(member) + 1;
    }
  }
  return kept;
}

/** Without the optional white space of HTTP: spaces and tabs, no others. A regular expression takes long for many of them. */
function trimmed(text: unknown): string {
  if (typeof text !== 'string') return '';
  const isSpace = (at: number): boolean => text[at] === ' ' || text[at] === '\t';
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(start)) start += 1;
  while (end > start && isSpace(end - 1)) end -= 1;
  return text.slice(start, end);
}
