import { createHash, randomBytes } from 'node:crypto';

/** A new session token: 256 random bits, which say nothing of themselves. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored and looked up instead of the token. The look-up compares hashes, so its timing tells nothing about a token. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
