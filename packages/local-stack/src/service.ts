import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type Child } from './child.ts';
import { lastLines, StartError } from './start-error.ts';

export const serviceNames = ['auth', 'inventory', 'order', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

const READY_MS = 30_000;
const POLL_MS = 25;
/** A process that has not said anything yet is still loading its modules, and asking it takes time from that. */
const SILENT_POLL_MS = 100;

/** Starts the service `name` of the workspace `root`, without waiting until it is ready. */
export function startService(name: ServiceName, root: string, env: NodeJS.ProcessEnv, onLine?: (line: string) => void): Child {
  // Stripping the types of the pages is experimental in Node, and Node says so each time it starts.
  // As in the image. By default, V8 lets more garbage pile up: the shop then takes 500 MB after its start instead of 440.
  const v8 = '--max-semi-space-size=4';
  const args = ['--disable-warning=ExperimentalWarning', v8, '--import', '@waymark/tracing/register', 'src/main.ts'];
  return startChild(process.execPath, args, { cwd: join(root, 'services', name), env, guardSignal: 'TERM', onLine });
}

/** Resolves when the service at `url` is ready. Throws a StartError with its last lines if it ends first or is not ready within 30 s. */
export async function untilReady(name: ServiceName, child: Child, url: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (child.isRunning() && Date.now() < deadline) {
    signal?.throwIfAborted();
    if (await answersReady(url)) return;
    await delay(child.lines().length > 0 ? POLL_MS : SILENT_POLL_MS);
  }
  throw serviceFailure(name, child, child.isRunning() ? `is not ready after ${READY_MS / 1_000} s` : await child.ended);
}

/** Returns the error for a service that failed, with its last lines of output. */
export const serviceFailure = (name: ServiceName, child: Child, what: string): StartError =>
  new StartError(`The service ${name} ${what}. ${lastLines(child.lines())}`);

const answersReady = (url: string) =>
  fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.status === 200;
    },
    () => false,
  );
