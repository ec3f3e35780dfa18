import type { Attribute, Json, ResourceSpansJson } from '@waymark/span-store';
import { allSpans } from './all-spans.ts';

/** Sorts attributes by key, each key once with its last value, and events by time. */
export function sortCollections(trace: readonly ResourceSpansJson[]): void {
  for (const { resource, scopeSpans } of trace)
    for (const holder of [resource, ...scopeSpans.map(({ scope }) => scope)]) sortAttributes(holder);
  for (const span of allSpans(trace)) {
    for (const holder of [span, ...(span.events ?? []), ...(span.links ?? [])]) sortAttributes(holder);
    span.events?.sort((a, b) => Number(time(a) - time(b)));
  }
}

function sortAttributes(holder: Json): void {
  const attributes = holder['attributes'] as Attribute[] | undefined;
  if (attributes === undefined) return;
  const byKey = new Map(attributes.map((attribute) => [attribute.key ?? '', attribute]));
  holder['attributes'] = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, attribute]) => attribute);
}

const time = (event: Json): bigint => BigInt((event['timeUnixNano'] as string | undefined) ?? 0);
