import type { Context as KoaContext } from 'koa';
import { inDetachedTask } from '@waymark/context';

const OF_THE_REQUEST = ['request', 'response', 'req', 'res', 'state'] as const;

/**
 * Makes a `process` warning, once for each place, of a detached task that reads this request's `ctx` (code `WAYMARK_DETACHED_CTX`):
 * TypeScript cannot see what a closure holds. Koa's own `ctx.body`, `ctx.get` and the rest go through these properties too.
 */
export function watchCtx(ctx: KoaContext): void {
  for (const name of OF_THE_REQUEST) {
    let value: unknown = ctx[name];
    Object.defineProperty(ctx, name, {
      configurable: true,
      enumerable: true,
      get() {
        if (inDetachedTask()) warn(name);
        return value;
      },
      set(next: unknown) {
        value = next;
      },
    });
  }
}

const warned = new Set<string>();

function warn(name: string): void {
  const place = placeOfAccess(new Error('Where').stack ?? '');
  if (warned.has(place)) return;
  warned.add(place);
  process.emitWarning(
    `ctx.${name} was read in a detached task, at ${place}. The request may be over by then: pass what you need as \`detach\`'s input`,
    { code: 'WAYMARK_DETACHED_CTX' },
  );
}

/** The first line of the stack that is neither ours nor a library's nor Node's, as file:line. */
function placeOfAccess(stack: string): string {
  const places = stack.split('\n').flatMap((frame) => /(?:file:\/\/)?(\/[^()]+:\d+):\d+\)?$/.exec(frame)?.[1] ?? []);
  return places.find((place) => !place.startsWith(`${import.meta.filename}:`) && !place.includes('/node_modules/')) ?? 'a place unknown';
}
