import { PEER_SERVICE } from '@waymark/semantic-conventions';
import { attributeText } from './attribute.ts';
import { clipped } from './text.ts';
import type { Span } from './trace.ts';

/** What a CLIENT span calls: the service if the caller knows its name, otherwise host and port. */
export function peerOf(span: Span): string {
  const service = span.attributes[PEER_SERVICE];
  return service === undefined ? (addressOf(span) ?? 'its peer') : clipped(attributeText(service));
}

/** The host and port that a CLIENT span calls; undefined if it does not say. */
export function addressOf({ attributes }: Span): string | undefined {
  const [host, port] = [attributes['server.address'], attributes['server.port']];
  if (host === undefined) return undefined;
  return clipped(port === undefined ? attributeText(host) : `${attributeText(host)}:${attributeText(port)}`);
}
