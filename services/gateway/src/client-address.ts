import { contextKey, RequestContext } from '@waymark/context';
import type { Middleware } from 'koa';

/** The address that the request came from. */
export const CLIENT_ADDRESS = contextKey<string>('client.address');

/** Koa middleware: stores the caller's address in the RequestContext, so that all work of the request can use it. */
export const rememberAddress: Middleware = (ctx, next) => RequestContext.current().with(CLIENT_ADDRESS, ctx.ip).run(next);
