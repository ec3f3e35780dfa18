// @ts-check
/** @import { Answer, Content } from './requests.js' */
import { Problem, send } from './requests.js';

const STORED_AS = 'waymark.token';

// For this tab, and no longer than it is open.
let token = sessionStorage.getItem(STORED_AS);

/** Tells of `change`: somebody logged in or out, or the session ended. */
export const session = new EventTarget();

export const isLoggedIn = () => token !== null;

/**
 * @param {string} email
 * @param {string} password
 */
export async function logIn(email, password) {
  const { body } = await send('POST', '/v1/sessions', { body: { email, password } });
  setToken(/** @type {{ token: string }} */ (body).token);
}

/** Also without an answer, this page has forgotten the session. */
export async function logOut() {
  const answer = sendAsUser('DELETE', '/v1/sessions/current');
  setToken(null);
  await answer;
}

/**
 * Sends a request of the logged-in user. When the shop says that the session has ended, it has ended here too.
 * @param {string} method
 * @param {string} path
 * @param {Content} [content]
 * @returns {Promise<Answer>}
 */
export async function sendAsUser(method, path, { body, headers } = {}) {
  const used = token;
  try {
    return await send(method, path, { ...(body && { body }), headers: { ...headers, authorization: `Bearer ${used}` } });
  } catch (error) {
    // An answer that comes late says nothing about a session begun since.
    if (error instanceof Problem && error.status === 401 && used === token) setToken(null);
    throw error;
  }
}

/** @param {string | null} value */
function setToken(value) {
  const changed = (token === null) !== (value === null);
  token = value;
  if (value === null) sessionStorage.removeItem(STORED_AS);
  else sessionStorage.setItem(STORED_AS, value);
  if (changed) session.dispatchEvent(new Event('change'));
}
