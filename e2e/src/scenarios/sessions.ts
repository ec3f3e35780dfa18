import { expect } from '@jest/globals';
import type { Scenario } from './scenario.ts';

const refused = `
gateway SERVER POST /v1/sessions 401 waymark.problem.code=invalid_credentials
  gateway CLIENT POST /sessions 401 ERROR
    auth SERVER POST /sessions 401 waymark.problem.code=invalid_credentials
      auth CLIENT INSERT log_in_attempts
      auth CLIENT SELECT users`;

const logOut = (outcome: string, client: string): string => `
gateway SERVER DELETE /v1/sessions/current ${outcome}
  gateway CLIENT DELETE /sessions/current ${client}
    auth SERVER DELETE /sessions/current ${outcome}
      auth CLIENT DELETE sessions`;

export const sessions: Scenario[] = [
  {
    title: 'logging in',
    ask: ({ newShopper }) => newShopper().logIn(),
    status: 201,
    body: { token: expect.stringMatching(/^[\w-]{43}$/), expiresAt: expect.any(String) },
    tree: `
gateway SERVER POST /v1/sessions 201
  gateway CLIENT POST /sessions 201
    auth SERVER POST /sessions 201
      auth CLIENT INSERT log_in_attempts
      auth CLIENT SELECT users
      auth CLIENT UPDATE log_in_attempts
      auth CLIENT DELETE sessions
      auth CLIENT INSERT sessions`,
  },
  {
    title: 'logging in with a wrong password',
    ask: ({ newShopper }) => newShopper().tryToLogIn('demo@waymark.test', 'wrong'),
    status: 401,
    body: { code: 'invalid_credentials', title: 'Wrong e-mail or password' },
    tree: refused,
  },
  {
    title: 'logging in with an unknown e-mail address, which looks the same',
    ask: ({ newShopper }) => newShopper().tryToLogIn('nobody@waymark.test', 'waymark'),
    status: 401,
    body: { code: 'invalid_credentials', title: 'Wrong e-mail or password' },
    tree: refused,
  },
  {
    title: 'logging in without a password',
    ask: ({ anonymous }) => anonymous.call('POST', '/v1/sessions', { json: { email: 'demo@waymark.test' } }),
    status: 422,
    body: { code: 'invalid_request', errors: [{ at: 'body.password', message: expect.any(String) }] },
    tree: 'gateway SERVER POST /v1/sessions 422 waymark.problem.code=invalid_request',
  },
  {
    title: 'logging out',
    async ask({ newShopper }) {
      const leaving = newShopper();
      await leaving.logIn();
      return leaving.call('DELETE', '/v1/sessions/current');
    },
    status: 204,
    tree: logOut('204', '204'),
  },
  {
    title: 'logging out of a session that has ended',
    async ask({ newShopper }) {
      const left = newShopper();
      await left.logIn();
      await left.call('DELETE', '/v1/sessions/current');
      return left.call('DELETE', '/v1/sessions/current');
    },
    status: 401,
    body: { code: 'unauthenticated' },
    tree: logOut('401 waymark.problem.code=unauthenticated', '401 ERROR'),
  },
];
