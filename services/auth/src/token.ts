import { createHash, randomBytes } from 'node:crypto';

/** Creates a session token: 256 random bits, without any content. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** The hash that is stored and looked up instead of the token. The database compares hashes, so timing reveals nothing about the token. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
