import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { serviceApp } from '../app.ts';
import { remainingMs } from '../deadline.ts';
import { RequestLimit } from '../limit.ts';
import { Problem } from '../problem.ts';
import type { Handlers } from '../routes.ts';
import { serviceServer, type Edge } from '../server.ts';
import { listening, type Served } from './serve.ts';
import { thingsApi } from './things.ts';

/** What GET does for each thing, by its id. */
const THINGS: Record<string, () => unknown> = {
  lamp: () => ({ name: 'lamp', size: 1, secret: 'is not in the contract' }),
  gone: () => Promise.reject(new Problem(404, 'not_found', 'It is gone.')),
  stranger: () => Promise.reject(new Problem(401, 'unauthenticated', 'Who are you?')),
  sold: () => Promise.reject(new Problem(409, 'out_of_stock', 'All sold.', { errors: [{ at: 'body.x', message: 'too many' }] })),
  bug: () => Promise.reject(new TypeError('the password is hunter2')),
  text: () => {
    throw 'the password is hunter2'; // oxlint-disable-line no-throw-literal, typescript/only-throw-error -- as bad code does
  },
  unlike: () => ({ name: 'lamp', size: 'the password is hunter2' }),
  deadline: () => ({ name: 'deadline', size: Math.ceil(remainingMs()) }),
};

const handlers = (log: Logger): Handlers<typeof thingsApi> => ({
  list: ({ query }) => Promise.resolve({ items: Array.from({ length: query.limit }, (_, at) => ({ name: `thing ${at}`, size: 1 })) }),
  get: async ({ params }) => (await THINGS[params.id]?.()) as { name: string; size: number },
  put: ({ body }) => {
    log.info('kept');
    return Promise.resolve({ parts: body.parts.length, noteLength: body.note?.length ?? 0 });
  },
  add: ({ body }) => Promise.resolve(body),
  remove: () => Promise.resolve(undefined),
});

/** Serves the test contract on a free port. */
export async function serveThings(
  log: Logger,
  more: { edge?: Edge; limit?: RequestLimit; ready?: () => Promise<unknown> } = {},
): Promise<ServedThings> {
  const requests: string[] = [];
  const { limit = new RequestLimit(Infinity), edge, ready = () => Promise.resolve() } = more;
  const answer = serviceApp({
    api: thingsApi,
    handlers: handlers(log),
    log,
    limit,
    entry: edge !== undefined,
    proxies: edge?.proxies ?? 0,
  }).callback();
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    void answer(request, response);
  };
  const opened = serviceServer({ listener, ready, limit, edge }, log);
  return { ...(await listening(opened.server)), announceStop: opened.announceStop, requests: () => requests };
}

/** The running service, and the requests that reached its app. */
export interface ServedThings extends Served {
  requests(): string[];
  announceStop(): void;
}
