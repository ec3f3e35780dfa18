import { attributeText } from '../attribute.ts';
import type { Attributes } from '../attribute.ts';
import { clipped } from '../text.ts';
import type { Resource, Span } from '../trace.ts';
import { error, named } from './finding.ts';
import type { Finding, Rule } from './finding.ts';
import { isRedacted, isSecretName, secretIn } from './secret.ts';

/** How many characters of a value are searched. A value can be megabytes long. */
const SEARCHED = 65_536;

/** No attribute, name, message or trace state looks like a secret. The finding says where the secret is, but does not repeat it. */
export const secrets: Rule = ({ trace: { spans } }) => {
  const resources = [...Map.groupBy(spans, (span) => span.resource)];
  return [...resources.flatMap(([resource, same]) => inResource(resource, same)), ...spans.flatMap(inSpan)];
};

function inSpan(span: Span): Finding[] {
  const places = new Map<string, string>();
  const look = (place: string, text: string): void => remember(places, place, secretIn(text.slice(0, SEARCHED)));
  look('its name', span.name);
  look('its status', span.status.message);
  look('its trace state', span.traceState);
  lookAt(places, span.attributes);
  lookAt(places, span.scope.attributes);
  for (const event of span.events) {
    look('the name of an event', event.name);
    lookAt(places, event.attributes, `event ${clipped(event.name)}, `);
  }
  for (const link of span.links) lookAt(places, link.attributes, 'a link, ');
  return [...places].map(([place, kind]) => found([span], `${named(span)} has what looks like ${kind} in ${place}.`));
}

function inResource(resource: Resource, spans: readonly Span[]): Finding[] {
  const places = new Map<string, string>();
  lookAt(places, resource.attributes);
  return [...places].map(([place, kind]) =>
    found(spans.slice(0, 1), `The resource of ${clipped(spans[0]?.service ?? '')} has what looks like ${kind} in ${place}.`),
  );
}

function lookAt(places: Map<string, string>, attributes: Attributes, where = ''): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || typeof value === 'boolean') continue;
    const text = attributeText(value).slice(0, SEARCHED);
    if (isSpanId(name, text)) continue;
    const byName = isSecretName(name) && !isRedacted(text) ? 'a secret' : undefined;
    remember(places, `${where}${clipped(name)}`, secretIn(text) ?? byName);
  }
}

/** One in several thousand span ids has only digits and looks like a card number. */
const isSpanId = (name: string, text: string): boolean =>
  /^waymark\.(?:peer\.span|segment\.detached)$|(?:^|[._-])(?:span|trace)[._-]?id$/i.test(name) && /^[\s"[\],0-9a-f]*$/.test(text);

function remember(places: Map<string, string>, place: string, kind: string | undefined): void {
  if (kind !== undefined) places.set(place, kind);
}

const found = (spans: readonly Span[], message: string): Finding =>
  error('secret', spans, message, 'A header, URL or parameter was recorded unchanged. Leave it out, or redact it before it is recorded.');
