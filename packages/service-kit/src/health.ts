import type { Middleware } from 'koa';

export interface Health {
  /** Resolves if the service can do its work now; rejects with the reason if not. */
  check(): Promise<unknown>;
  /** True from the signal to stop on: no new work, please. */
  draining: boolean;
}

/** Koa middleware: `GET /healthz` (the process lives) and `GET /readyz` (it can do its work). Stands before tracing: probes leave no traces. */
export function answerHealth(health: Health): Middleware {
  return async (ctx, next) => {
    if (ctx.path === '/healthz') {
      ctx.body = { status: 'ok' };
    } else if (ctx.path === '/readyz') {
      const reason = health.draining ? 'draining' : await reasonNotReady(health);
      ctx.status = reason ? 503 : 200;
      ctx.body = reason ? { status: 'unavailable', reason } : { status: 'ok' };
    } else {
      await next();
    }
  };
}

async function reasonNotReady(health: Health): Promise<string | undefined> {
  try {
    await health.check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
