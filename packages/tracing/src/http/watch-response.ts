import type { ServerResponse } from 'node:http';
import { inDetachedTask, outsideDetachedTask } from '@waymark/context';

/** What is told what becomes of a response. */
export interface Watcher {
  /** The head is about to be written: the last moment for headers. */
  nameTrace(): void;
  /** `end` is called. */
  answering(): void;
  /** `end` has returned. */
  answered(): void;
  finished(): void;
  closed(): void;
}

const WATCHERS = Symbol.for('waymark.watchers');

const NONE: readonly Watcher[] = [];

type Watched = ServerResponse & { [WATCHERS]?: Watcher[] | undefined };
type Method = (this: Watched, ...args: unknown[]) => ServerResponse;

/** Tells `watcher` what becomes of a response. */
export function watchResponse(res: Watched, watcher: Watcher): void {
  // HTTP/2 has a class of its own.
  if (!(WATCHERS in res)) watchMethods(Object.getPrototypeOf(res) as Watched);
  const others = res[WATCHERS];
  if (others) return void others.push(watcher);
  res[WATCHERS] = [watcher];
  res.on('finish', finished);
  res.on('close', closed);
}

// Koa's own work after a detached task has written the last of a response is not part of the task.
function finished(this: Watched): void {
  if (inDetachedTask()) return outsideDetachedTask(finished.bind(this));
  for (const watcher of this[WATCHERS]!) watcher.finished();
}

function closed(this: Watched): void {
  if (inDetachedTask()) return outsideDetachedTask(closed.bind(this));
  for (const watcher of this[WATCHERS]!) watcher.closed();
}

/** Node has no event for either moment. The methods are replaced once for all responses: closures for each response cost more. */
function watchMethods(prototype: Watched): void {
  const { writeHead, end } = prototype as unknown as Record<'writeHead' | 'end', Method>;
  prototype[WATCHERS] = undefined;
  const watched: Record<'writeHead' | 'end', Method> = {
    writeHead(...args) {
      for (const watcher of this[WATCHERS] ?? NONE) watcher.nameTrace();
      return writeHead.apply(this, args);
    },
    end(...args) {
      const watchers = this[WATCHERS];
      if (!watchers) return end.apply(this, args);
      for (const watcher of watchers) watcher.answering();
      try {
        return end.apply(this, args);
      } finally {
        for (const watcher of watchers) watcher.answered();
      }
    },
  };
  Object.assign(prototype, watched);
}

// Not with `import` (docs/upstream/import-of-node-http.md): a process should start soon.
const { prototype } = process.getBuiltinModule('node:http').ServerResponse;
if (!(WATCHERS in prototype)) watchMethods(prototype);
