import { Problem } from '@waymark/service-kit';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Limits how many requests one address may send per second. Counters live for one second, so the traffic bounds their memory. */
export function rateLimit(perSecond: number): (address: string) => Promise<Problem | undefined> {
  const limiter = new RateLimiterMemory({ points: perSecond, duration: 1 });
  const refused = (): Problem =>
    new Problem(429, 'rate_limited', `One address may send ${perSecond} requests per second; try again in a second.`, {
      headers: { 'retry-after': '1' },
    });
  return async (address) =>
    limiter.consume(address).then(
      () => undefined,
      (reason: unknown) => {
        if (reason instanceof RateLimiterRes) return refused();
        throw reason;
      },
    );
}
