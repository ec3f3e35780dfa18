import type { Context as KoaContext } from 'koa';
import { inDetachedTask } from '@waymark/context';

const OF_THE_REQUEST = ['request', 'response', 'req', 'res', 'state'] as const;

/**
 * Makes a `process` warning, once for each place, of a detached task that reads this request's `ctx` (code `WAYMARK_DETACHED_CTX`):
 * TypeScript cannot see what a closure holds. Koa's own `ctx.body`, `ctx.get` and the rest go through these properties too.
 */
export function watchCtx(ctx: KoaContext): void {
  const prototype = ctx.app.context;
  if (Object.hasOwn(prototype, OF_THE_REQUEST[0])) return;
  // Once for each app: Koa assigns the properties to a new `ctx`, which inherits the setters.
  for (const name of OF_THE_REQUEST) {
    const value = Symbol(name);
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: Record<symbol, unknown>) {
        if (inDetachedTask()) warn(name);
        return this[value];
      },
      set(this: Record<symbol, unknown>, next: unknown) {
        this[value] = next;
      },
    });
    // This `ctx` had its properties before.
    const own = Object.getOwnPropertyDescriptor(ctx, name)?.value as never;
    delete ctx[name];
    ctx[name] = own;
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
