import {
  ROOT_CONTEXT,
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
import { passRandomFlag, RANDOM_FLAG } from '@waymark/context';
import type { SpanProcessor } from '../provider/interfaces.ts';
import { ROOT } from '../provider/linked-context.ts';
import { validContext } from '../provider/tracer-provider.ts';
import { DEFAULTS } from './defaults.ts';
import { knownOf, type Env, type Warn } from './env.ts';
import { isInstalled, loadOptional, notInstalled } from './optional.ts';

/** Formats `traceparent` (W3C Trace Context Level 2, §3.2), version 00. Leaves out flags that this version does not define. */
export function traceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${flagsText(traceFlags)}`;
}

/** Formats trace flags as two hexadecimal digits. */
export function flagsText(traceFlags: number): string {
  return `0${traceFlags & (TraceFlags.SAMPLED | RANDOM_FLAG)}`;
}

/** With the SDK's provider: passes the random flag on to spans of other instrumentations. */
export const randomFlag: SpanProcessor = {
  onStart: passRandomFlag,
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

const B3 = '@opentelemetry/propagator-b3';
type B3Package = { B3Propagator: new (options: { injectEncoding: number }) => TextMapPropagator; B3InjectEncoding: Record<string, number> };

const b3 = (encoding: string) => (): TextMapPropagator => {
  const { B3Propagator, B3InjectEncoding } = loadOptional(B3) as B3Package;
  return new B3Propagator({ injectEncoding: B3InjectEncoding[encoding]! });
};

const PROPAGATORS: Record<string, () => TextMapPropagator> = {
  tracecontext: () => new TraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
  b3: b3('SINGLE_HEADER'),
  b3multi: b3('MULTI_HEADER'),
};

/** Returns the propagators that OTEL_PROPAGATORS names. Warns of and ignores unknown names and packages that are not installed. */
export function propagatorFromEnv(env: Env, warn: Warn = () => {}): TextMapPropagator {
  const listed = knownOf(env, 'OTEL_PROPAGATORS', [...Object.keys(PROPAGATORS), 'none'], DEFAULTS.OTEL_PROPAGATORS, warn);
  const names = listed.includes('none') ? [] : listed;
  const missing = names.filter((name) => name.startsWith('b3') && !isInstalled(B3));
  if (missing.length > 0) warn(`OTEL_PROPAGATORS has "${missing.join(', ')}", which is ignored: ${notInstalled(B3)}`);
  return new CompositePropagator({ propagators: names.filter((name) => !missing.includes(name)).map((name) => PROPAGATORS[name]!()) });
}

const PARENT = 'traceparent';
const STATE = 'tracestate';
const FORMAT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;

/** W3C Trace Context Level 2. OpenTelemetry's propagator implements Level 1, without the random flag and with another `tracestate` grammar. */
export class TraceContextPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = validContext(trace.getSpan(context));
    if (!span || isTracingSuppressed(context)) return;
    setter.set(carrier, PARENT, traceparent(span));
    const state = span.traceState?.serialize();
    if (state) setter.set(carrier, STATE, state);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = getter.get(carrier, PARENT);
    const found = FORMAT.exec(trimmed(Array.isArray(header) ? header.join() : header));
    if (!found) return context;
    // Later versions may have more fields. Read the ones that version 00 defines (§3.2.4).
    if (found[1] === '00' && found[5] !== undefined) return context;
    const traceFlags = Number.parseInt(found[4]!, 16) & (TraceFlags.SAMPLED | RANDOM_FLAG);
    const parent: SpanContext = { traceId: found[2]!, spanId: found[3]!, traceFlags, isRemote: true };
    const state = getter.get(carrier, STATE);
    const traceState = state === undefined ? undefined : parseTraceState(Array.isArray(state) ? state.join() : state);
    if (traceState) parent.traceState = traceState;
    // Whatever is set on a context of ours is cheaper than on the API's.
    return trace.setSpanContext(context === ROOT_CONTEXT ? ROOT : context, parent);
  }

  fields(): string[] {
    return [PARENT, STATE];
  }
}

const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MOST_MEMBERS = 32;
/** In characters: the minimum that the specification asks implementations to pass on. */
const LONGEST = 512;
/** Longer members are dropped first. */
const LONG_MEMBER = 128;

type Member = readonly [key: string, value: string];

/**
 * Parses `tracestate` (W3C Trace Context Level 2, §3.3). Discards the whole header if a member is illegal or there are more than 32, as the
 * W3C test suite expects. If a key occurs twice, the first one counts.
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

  /** Puts the member first (§3.5). A full list loses its last member. Illegal members are ignored. */
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

/** Drops whole members until the list is short enough: first the long ones, then the last ones (§3.3.1.5). */
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

/** Removes HTTP's optional whitespace: spaces and tabs only. A regular expression would be slow for long runs of them. */
function trimmed(text: unknown): string {
  if (typeof text !== 'string') return '';
  const isSpace = (at: number): boolean => text[at] === ' ' || text[at] === '\t';
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(start)) start += 1;
  while (end > start && isSpace(end - 1)) end -= 1;
  return text.slice(start, end);
}
