import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Answered } from './ask.ts';

/** Answers longer than this are recorded as a hash. */
const LONGEST = 6_000;

/** A normalised answer as it is kept in a file. */
export function recordable({ status, body }: Answered): Answered {
  const text = JSON.stringify(canonical(body));
  return { status, body: text.length <= LONGEST ? body : { sha256: createHash('sha256').update(text).digest('hex'), length: text.length } };
}

/** With sorted names, so that equal values have equal text. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, canonical(inner)])
      .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
  );
}

export const RECORDED_FILE = new URL('../fixtures/jaeger-2.13.0.json', import.meta.url);

/** What a real Jaeger 2.13.0 answered, normalised, by question. */
export const recorded = (): Record<string, Answered> => JSON.parse(readFileSync(RECORDED_FILE, 'utf8')) as Record<string, Answered>;
