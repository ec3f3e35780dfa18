import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/** Carries the signature of a request between services. */
export const SIGNATURE_HEADER = 'x-waymark-signature';

/** These headers name the user that a request acts for. The signature covers them. */
const IDENTITY_HEADERS = ['x-user-id', 'x-client-address'];

/**
 * Signs a request between services: an HMAC (RFC 2104) with SHA-256 over its method, its path with the query, and the identity headers. The
 * time is not part of it, so it works between services whose clocks differ (docs/adr/0011-internal-requests-are-signed.md).
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

/** Koa middleware: answers 401 to requests that are not signed with `secret`. */
export function onlySigned(secret: string): Middleware {
  return (ctx, next) => {
    const expected = Buffer.from(signature(secret, ctx.method, ctx.url, ctx.headers));
    const given = Buffer.from(ctx.get(SIGNATURE_HEADER));
    if (given.length === expected.length && timingSafeEqual(given, expected)) return next();
    throw new Problem(401, 'unsigned', 'Only other services of this shop may call this. Set the same INTERNAL_SECRET for all of them.');
  };
}
