import Router from '@koa/router';
import { successOf, type AnswerOf, type Api, type RequestOf, type Route, type Routes } from '@waymark/contracts';
import { expectTracedCaller } from '@waymark/tracing';
import type { Context } from 'koa';
import type { z } from 'zod';
import { readJson } from './body.ts';
import { atRoute } from './faults.ts';
import { Problem } from './problem.ts';
import { forUser } from './user.ts';

/** One function per route of the contract. It takes the validated request and returns the body of the success response. */
export type Handlers<A extends Api> = {
  [K in keyof A['routes']]: (request: RequestOf<A['routes'][K]>) => Promise<AnswerOf<A['routes'][K]>>;
};

type Handler = (request: Record<string, unknown>) => Promise<unknown>;

/**
 * Creates a router for a contract. It validates each request, calls its handler, and validates the handler's result.
 * @param options.internal true if only other services call. They are traced, so a request without a trace context is reported as a lost trace
 */
export function routesOf<R extends Routes>(api: Api<R>, handlers: Handlers<Api<R>>, { internal = false } = {}): Router {
  const router = new Router();
  for (const [name, route] of Object.entries(api.routes)) {
    const handler = handlers[name] as unknown as Handler;
    router.register(koaPath(route), [route.method], async (ctx) => {
      if (internal && !route.forOperators) expectTracedCaller();
      const { status, body } = successOf(route);
      const request = await validRequest(ctx, route);
      const user = userOf(request);
      const handle = (): Promise<unknown> => atRoute(name, ctx.res, () => handler(request));
      const result = await (user ? forUser(user, handle) : handle());
      ctx.status = status;
      ctx.body = body.parse(result) ?? null;
    });
  }
  return router;
}

/** The gateway says in a header of its own for whom it calls. */
function userOf({ headers }: Record<string, unknown>): string | undefined {
  return (headers as { 'x-user-id'?: string } | undefined)?.['x-user-id'];
}

/** `/orders/{id}` as @koa/router writes it: `/orders/:id`. */
function koaPath(route: Route): string {
  return route.path.replaceAll(/\{(\w+)\}/g, ':$1');
}

async function validRequest(ctx: Context, route: Route): Promise<Record<string, unknown>> {
  const parts: Record<string, unknown> = {};
  if (route.params) parts['params'] = validPath(ctx, route.params);
  if (route.headers) parts['headers'] = validHeaders(ctx, route.headers);
  if (route.query) parts['query'] = valid(route.query, 'query', ctx.query);
  if (route.body) parts['body'] = valid(route.body, 'body', await readJson(ctx));
  return parts;
}

/** An invalid path parameter cannot name anything that exists, so the answer is 404. */
function validPath(ctx: Context, schema: z.ZodObject): unknown {
  const parsed = schema.safeParse(ctx['params']);
  if (!parsed.success) throw new Problem(404, 'not_found', `${ctx.path} does not exist.`);
  return parsed.data;
}

function validHeaders(ctx: Context, schema: z.ZodObject): unknown {
  const authorization = schema.shape['authorization'] as z.ZodType | undefined;
  if (authorization && !authorization.safeParse(ctx.headers.authorization).success) {
    throw new Problem(401, 'unauthenticated', 'Log in at POST /v1/sessions, then send "Authorization: Bearer <token>".');
  }
  return valid(schema, 'headers', ctx.headers);
}

function valid(schema: z.ZodType, part: string, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ at: [part, ...path].join('.'), message }));
  const first = errors[0];
  throw new Problem(422, 'invalid_request', first ? `${first.at}: ${first.message}` : 'The request is invalid.', { errors });
}
