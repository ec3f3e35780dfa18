import { Problem } from '@waymark/service-kit';
import type { Middleware } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Koa middleware: at most so many requests a second from one address. Counters live for that second, so memory is bounded by the traffic. */
export function limitRate(perSecond: number): Middleware {
  const limiter = new RateLimiterMemory({ points: perSecond, duration: 1 });
  return async (ctx, next) => {
    await limiter.consume(ctx.ip).catch((reason: unknown) => {
      if (!(reason instanceof RateLimiterRes)) throw reason;
      throw new Problem(429, 'rate_limited', `At most ${perSecond} requests a second, please; try again in a second.`, {
        headers: { 'retry-after': '1' },
      });
    });
    await next();
  };
}
