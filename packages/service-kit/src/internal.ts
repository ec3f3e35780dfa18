import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/** The header by which a service shows that it is one of us. */
export const SIGNATURE_HEADER = 'x-waymark-signature';

/** What a request says of the user it acts for; the signature covers it. */
const IDENTITY_HEADERS = ['x-user-id', 'x-client-address'];

/**
 * Signs a request between services: an HMAC (RFC 2104) with SHA-256 over its method, its path with the query, and the identity headers. It
 * has no time in it, so that services whose clocks differ still understand each other (docs/adr/0011-internal-requests-are-signed.md).
 */
export function signature(
  secret: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string {
  const identity = IDENTITY_HEADERS.map((name) => String(headers[name] ?? ''));
  return createHmac('sha256', secret)
    .update([method, path, ...identity].join('\n'))
    .digest('base64url');
}

/** Koa middleware: answers 401 to requests that no service with the same secret has signed. */
export function onlySigned(secret: string): Middleware {
  return (ctx, next) => {
    const expected = Buffer.from(signature(secret, ctx.method, ctx.url, ctx.headers));
    const given = Buffer.from(ctx.get(SIGNATURE_HEADER));
    if (given.length === expected.length && timingSafeEqual(given, expected)) return next();
    throw new Problem(401, 'unsigned', 'Only services of this shop may ask for this. Do all of them have the same INTERNAL_SECRET?');
  };
}
