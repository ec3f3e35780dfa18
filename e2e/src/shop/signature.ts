import { createHmac } from 'node:crypto';

/** Signs a request as services sign theirs to each other (docs/adr/0011-internal-requests-are-signed.md). Written again, so that a change of the protocol shows. */
export function signatureHeader(
  secret: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): { 'x-waymark-signature': string } {
  const identity = ['x-user-id', 'x-client-address'].map((name) => headers[name] ?? '');
  const signed = [method, path, ...identity].join('\n');
  return { 'x-waymark-signature': createHmac('sha256', secret).update(signed).digest('base64url') };
}
