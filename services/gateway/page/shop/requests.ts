import type { ProblemDetails } from '@waymark/contracts';
import { copyButton } from '@waymark/page-kit/copy-button';
import { byId, element } from '@waymark/page-kit/element';
import { traceLink } from './trace-link.ts';

export interface Content {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  /** Empty if the answer names no trace. */
  readonly traceId: string;
  readonly body: unknown;
}

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
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly traceId: string | undefined;

  constructor({ title, detail, status, code, traceId }: Pick<ProblemDetails, 'title' | 'detail' | 'status' | 'code' | 'traceId'>) {
    super(detail);
    this.title = title;
    this.status = status;
    this.code = code;
    this.traceId = traceId;
  }
}

/** Sends a request and lists it on the page. Throws a Problem unless it succeeds. */
export async function send(method: string, path: string, content: Content = {}): Promise<Answer> {
  const begun = performance.now();
  const answer = await exchange(method, path, content).catch(() => undefined);
  list(method, path, answer, performance.now() - begun);
  if (!answer) throw new Problem(NO_ANSWER);
  if (answer.status >= 400) throw new Problem({ traceId: answer.traceId, ...problemOf(answer) });
  return answer;
}

async function exchange(method: string, path: string, { body, headers }: Content): Promise<Answer> {
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

/** A proxy between the page and the shop may answer without problem details. */
function problemOf({ status, statusText, body }: Answer): ProblemDetails {
  if (typeof body === 'object' && body && 'code' in body) return body as ProblemDetails;
  return {
    type: 'about:blank',
    title: statusText || 'Error',
    status,
    code: 'unknown',
    detail: `The answer was ${status} without a reason.`,
  };
}

function list(method: string, path: string, answer: Answer | undefined, ms: number) {
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
