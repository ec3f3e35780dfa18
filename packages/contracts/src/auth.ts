import { z } from 'zod';
import { api } from './api.ts';

/** The scheme in any letter case (RFC 9110 §11.1). */
export const bearer = z
  .string()
  .regex(/^Bearer [A-Za-z0-9_-]{20,200}$/i, 'Send "Authorization: Bearer <token>" with the token of POST /v1/sessions');

const email = z
  .email()
  .max(254)
  .meta({ examples: ['demo@waymark.test'] });
const password = z
  .string()
  .min(1)
  .max(200)
  .meta({ examples: ['waymark'] });
const token = z.string().meta({ examples: ['3q2-7wAAAAAsD1cUe0kq8mJx5vYb_Lh9RzN6tGpXfQo'] });

export const authApi = api('auth', {
  logIn: {
    method: 'POST',
    path: '/sessions',
    summary: 'Log in',
    description: 'Exchanges an e-mail address and a password for a session token.',
    headers: z.object({ 'x-client-address': z.string().max(64).describe('The address of the client that called the gateway').optional() }),
    body: z.object({ email, password }),
    answers: { 201: z.object({ token, expiresAt: z.iso.datetime() }) },
    errors: { 401: ['invalid_credentials'], 429: ['too_many_attempts'] },
  },
  logOut: {
    method: 'DELETE',
    path: '/sessions/current',
    summary: 'Log out',
    description: 'Ends the session. Its token stops working at once.',
    headers: z.object({ authorization: bearer }),
    answers: { 204: z.undefined() },
    errors: { 401: ['unauthenticated'] },
  },
  introspect: {
    method: 'POST',
    path: '/introspections',
    summary: 'Look up the user of a session token',
    idempotent: true,
    body: z.object({ token: z.string().min(1).max(200) }),
    answers: {
      200: z.discriminatedUnion('active', [
        z.object({ active: z.literal(true), userId: z.uuid() }),
        z.object({ active: z.literal(false) }),
      ]),
    },
  },
});
