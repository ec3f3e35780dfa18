// @ts-check
/** @import { ProblemDetails } from '@waymark/contracts' */
import { copyButton } from './copy-button.js';
import { byId, element } from './element.js';
import { traceLink } from './trace-link.js';

/**
 * @typedef {{ body?: object, headers?: Record<string, string> }} Content
 * @typedef {{ status: number, statusText: string, traceId: string, body: unknown }} Answer
 */

const TIMEOUT_MS = 20_000;
const KEPT = 100;
const NO_ANSWER = {
  title: 'No answer',
  status: 0,
  code: 'no_answer',
  detail: 'The shop did not answer. Check your connection, then try again.',
};

/** A failed request. Status 0 means that there was no answer, so the request may have succeeded or not. */
export class Problem extends Error {
  /** @param {Pick<ProblemDetails, 'title' | 'detail' | 'status' | 'code' | 'traceId'>} details */
  constructor({ title, detail, status, code, traceId }) {
    super(detail);
    this.title = title;
    this.status = status;
    this.code = code;
    this.traceId = traceId;
  }
}

/**
 * Sends a request and lists it on the page. Throws a Problem unless it succeeds.
 * @param {string} method
 * @param {string} path
 * @param {Content} [content]
 * @returns {Promise<Answer>}
 */
export async function send(method, path, content = {}) {
  const begun = performance.now();
  const answer = await exchange(method, path, content).catch(() => undefined);
  list(method, path, answer, performance.now() - begun);
  if (!answer) throw new Problem(NO_ANSWER);
  if (answer.status >= 400) throw new Problem({ traceId: answer.traceId, ...problemOf(answer) });
  return answer;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Content} content
 * @returns {Promise<Answer>}
 */
async function exchange(method, path, { body, headers }) {
  const answer = await fetch(path, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { status, statusText } = answer;
  const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '');
  return { status, statusText, traceId: answer.headers.get('x-trace-id') ?? '', body: isJson ? await answer.json() : await answer.text() };
}

/**
 * A proxy between the page and the shop may answer without problem details.
 * @param {Answer} answer
 * @returns {ProblemDetails}
 */
function problemOf({ status, statusText, body }) {
  if (typeof body === 'object' && body && 'code' in body) return /** @type {ProblemDetails} */ (body);
  return {
    type: 'about:blank',
    title: statusText || 'Error',
    status,
    code: 'unknown',
    detail: `The answer was ${status} without a reason.`,
  };
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Answer | undefined} answer
 * @param {number} ms
 */
function list(method, path, answer, ms) {
  const failed = !answer || answer.status >= 400;
  const placed = !failed && method === 'POST' && path === '/v1/orders';
  const name = element('span', { className: 'path', title: path }, element('b', {}, method), ` ${path}`);
  if (placed) name.append(' ', element('span', { className: 'tag' }, 'placed an order'));
  const row = element(
    'li',
    { className: failed ? 'request failed' : 'request' },
    name,
    element('span', { className: 'status' }, answer ? `${answer.status} ${answer.statusText}` : 'No answer'),
    element('span', { className: 'time' }, `${Math.round(ms)} ms`),
  );
  if (answer?.traceId) {
    const link = traceLink(answer.traceId, answer.traceId);
    row.append(element('span', { className: 'trace' }, link, copyButton(link, `the trace id of ${method} ${path}`)));
  }
  const rows = byId('requests', HTMLOListElement);
  rows.prepend(row);
  if (rows.childElementCount > KEPT) rows.lastElementChild?.remove();
}
