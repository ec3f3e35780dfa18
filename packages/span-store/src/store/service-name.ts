import { decode } from '../otlp/decode.ts';
import { ResourceSpans } from '../otlp/schema.ts';
import { attributesOf, attributeText } from '../otlp/attributes.ts';

/** The service that an encoded resource belongs to, under the names that Jaeger gives to resources without one. */
export function serviceName(resource: Buffer): string {
  const { resource: decoded } = decode(ResourceSpans, resource);
  const name = attributesOf(decoded).find(({ key }) => key === 'service.name');
  if (name === undefined) return 'missing-service-name';
  return attributeText(name.value) || 'empty-service-name';
}
