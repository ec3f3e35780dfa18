import type { Attribute } from '../../otlp/attributes.ts';
import { attributesOf, scalar } from '../../otlp/attributes.ts';
import type { ResourceSpansJson, SpanJson } from '../../store/read-trace.ts';
import { allSpans } from './all-spans.ts';
import { warn } from './warnings.ts';

/** Writes addresses that came as numbers, as old clients send them, with dots. */
export function writeIpAddresses(trace: readonly ResourceSpansJson[]): void {
  for (const attribute of allSpans(trace).flatMap((span) => span.attributes ?? [])) {
    const isNumber = 'intValue' in attribute.value || 'doubleValue' in attribute.value;
    if (!isNumber || (attribute.key !== 'ip' && attribute.key !== 'peer.ipv4')) continue;
    const address = Number(scalar(attribute.value)) >>> 0;
    attribute.value = { stringValue: [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.') };
  }
}

const LIBRARY = new Set(
  ['language', 'name', 'version'].map((name) => `telemetry.sdk.${name}`).concat('telemetry.distro.name', 'telemetry.distro.version'),
);

/** Moves what describes the SDK from a span to its resource, where it belongs; a contradiction stays and is remarked upon. */
export function moveLibraryAttributes(trace: readonly ResourceSpansJson[]): void {
  for (const { resource, scopeSpans } of trace) {
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      const moving = (span.attributes ?? []).filter(({ key }) => LIBRARY.has(key ?? ''));
      for (const attribute of moving) moveAttribute(attribute, span, (resource['attributes'] ??= []) as Attribute[]);
    }
  }
}

function moveAttribute(attribute: Attribute, span: SpanJson, target: Attribute[]): void {
  const there = target.find(({ key }) => key === attribute.key);
  if (there === undefined) target.push(attribute);
  else if (there.value['stringValue'] === undefined || there.value['stringValue'] !== attribute.value['stringValue']) {
    return warn(span, `conflicting values between Span and Resource for attribute ${attribute.key}`);
  }
  const rest = attributesOf(span).filter((other) => other !== attribute);
  if (rest.length > 0) span.attributes = rest;
  else delete span.attributes;
}

/** Removes links that point nowhere. */
export function dropEmptyLinks(trace: readonly ResourceSpansJson[]): void {
  for (const span of allSpans(trace)) {
    const links = span.links?.filter((link) => link['traceId'] !== undefined && link['spanId'] !== undefined) ?? [];
    for (let dropped = (span.links?.length ?? 0) - links.length; dropped > 0; dropped--) warn(span, 'Invalid span link removed');
    if (links.length > 0) span.links = links;
    else delete span.links;
  }
}
