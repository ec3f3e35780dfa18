import { propagation, type Attributes, type Context } from '@opentelemetry/api';

/** Incoming baggage keys that are kept by default, and copied to span attributes and log lines. `startTracing({ baggage })` replaces them. */
export const BAGGAGE_ALLOWED: ReadonlySet<string> = new Set(['waymark.traffic']);

/** Baggage values longer than this, in characters, are dropped. */
export const BAGGAGE_MAX_VALUE = 64;

let allowed: ReadonlySet<string> = BAGGAGE_ALLOWED;

/** Replaces the allowlist of baggage keys for this process. */
export function allowBaggage(keys: readonly string[]): void {
  allowed = new Set(keys);
}

/** Adds to the allowlist of baggage keys. */
export function allowMoreBaggage(keys: readonly string[]): void {
  allowed = new Set([...allowed, ...keys]);
}

/** Keeps only allowed baggage (W3C Baggage §3): keys on the allowlist, with short values, without properties. */
export function allowedBaggage(context: Context): Context {
  const baggage = propagation.getBaggage(context);
  if (!baggage) return context;
  const kept = baggage
    .getAllEntries()
    .filter(([key, { value }]) => allowed.has(key) && value.length <= BAGGAGE_MAX_VALUE)
    .map(([key, { value }]) => [key, { value }]);
  return kept.length > 0
    ? propagation.setBaggage(context, propagation.createBaggage(Object.fromEntries(kept)))
    : propagation.deleteBaggage(context);
}

/** Returns the context's baggage as attributes, for a span or a log line. */
export function baggageAttributes(context: Context): Attributes {
  const entries = propagation.getBaggage(context)?.getAllEntries() ?? [];
  return Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
}
