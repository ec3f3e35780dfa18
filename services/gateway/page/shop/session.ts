import type { Answer, Content } from './requests.ts';
import { Problem, send } from './requests.ts';

const STORED_AS = 'waymark.token';

// sessionStorage keeps the token only for this tab, until it is closed.
let token = sessionStorage.getItem(STORED_AS);

/** Emits `change` when the user logs in or out, or the session ends. */
export const session = new EventTarget();

export const isLoggedIn = () => token !== null;

export async function logIn(email: string, password: string) {
  const { body } = await send('POST', '/v1/sessions', { body: { email, password } });
  setToken((body as { token: string }).token);
}

/** The page deletes the token even if the shop does not answer. */
export async function logOut() {
  const answer = sendAsUser('DELETE', '/v1/sessions/current');
  setToken(null);
  await answer;
}

/** Sends a request as the logged-in user. If the shop answers that the session has ended, the page logs out. */
export async function sendAsUser(method: string, path: string, { body, headers }: Content = {}): Promise<Answer> {
  const used = token;
  try {
    return await send(method, path, { ...(body && { body }), headers: { ...headers, authorization: `Bearer ${used}` } });
  } catch (error) {
    // A late answer says nothing about a newer session.
    if (error instanceof Problem && error.status === 401 && used === token) setToken(null);
    throw error;
  }
}

function setToken(value: string | null) {
  const changed = (token === null) !== (value === null);
  token = value;
  if (value === null) sessionStorage.removeItem(STORED_AS);
  else sessionStorage.setItem(STORED_AS, value);
  if (changed) session.dispatchEvent(new Event('change'));
}
