import { loadServices } from './api.ts';

const COLORS = 9;

/** The colour of a service, as a CSS value. */
export type ColorOf = (service: string) => string;

/**
 * A colour for each service. While the backend knows few enough services, each has its own on every page; else those of this page have, as
 * far as colours go. `known` are all services of the backend.
 */
export function serviceColors(here: Iterable<string>, known: readonly string[]): ColorOf {
  const slots = new Map<string, number>();
  const all = new Set([...known, ...here]);
  for (const service of [...(all.size <= COLORS ? all : new Set(here))].toSorted()) {
    let slot = preferred(service);
    const taken = new Set(slots.values());
    while (taken.size < COLORS && taken.has(slot)) slot = (slot + 1) % COLORS;
    slots.set(service, slot);
  }
  return (service) => `var(--service-${slots.get(service) ?? preferred(service)})`;
}

/** All services of the backend; none when it does not say. */
export const knownServices = (): Promise<readonly string[]> => loadServices().catch(() => []);

function preferred(service: string): number {
  let hash = 0;
  for (const character of service) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % COLORS;
}
