import { contextKey, RequestContext } from '@waymark/tracing';
import type { Middleware } from 'koa';

/** The address that the request came from. */
export const CLIENT_ADDRESS = contextKey<string>('client.address');

/** Koa middleware: keeps the caller's address for whatever is done in the request, in the RequestContext. */
export const rememberAddress: Middleware = (ctx, next) => RequestContext.current().with(CLIENT_ADDRESS, ctx.ip).run(next);
