import type { Child } from './child.ts';
import type { Restarts } from './restarts.ts';
import type { StartError } from './start-error.ts';
import { serviceFailure, serviceNames, startService, untilReady, type ServiceName } from './service.ts';

/** Those who call before those who are called, so that requests under way still find whom they need. */
const stopOrder: readonly (readonly ServiceName[])[] = [['gateway'], ['order'], ['auth', 'inventory']];
const deadly = new Set<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGKILL', 'SIGABRT']);

export interface ServicePlan {
  root: string;
  urls: Readonly<Record<ServiceName, string>>;
  environments: Readonly<Record<ServiceName, NodeJS.ProcessEnv>>;
  onLine?: ((name: ServiceName, line: string) => void) | undefined;
  /** Starts a service again that was not told to end. */
  restarts?: Restarts | undefined;
  /** Ends the waiting for readiness. */
  signal?: AbortSignal | undefined;
}

/** The processes of the four services, and which of them were told to end. */
export class Services {
  readonly #plan: ServicePlan;
  readonly #running = new Map<ServiceName, Child>();
  readonly #toldToEnd = new WeakSet<Child>();
  readonly #crash = Promise.withResolvers<StartError>();

  constructor(plan: ServicePlan) {
    this.#plan = plan;
  }

  /** Settles when a service ends that was not told to, and nothing starts it again. */
  get crashed(): Promise<StartError> {
    return this.#crash.promise;
  }

  pid(name: ServiceName): number | undefined {
    return this.#running.get(name)?.pid;
  }

  lines(name: ServiceName): readonly string[] {
    return this.#running.get(name)?.lines() ?? [];
  }

  /** Starts a service and resolves when it is ready. */
  async start(name: ServiceName): Promise<void> {
    const { root, environments, urls, onLine, signal } = this.#plan;
    signal?.throwIfAborted();
    const child = startService(name, root, environments[name], onLine && ((line) => onLine(name, line)));
    this.#running.set(name, child);
    await untilReady(name, child, urls[name], signal);
    void child.ended.then((how) => this.#toldToEnd.has(child) || this.#onCrash(name, child, how));
  }

  #onCrash(name: ServiceName, child: Child, how: string): void {
    const { restarts } = this.#plan;
    if (restarts) void restarts.revive(name, how, () => this.restart(name, 0));
    else this.#crash.resolve(serviceFailure(name, child, how));
  }

  /** Stops a service if it still runs, as `stop` does, and starts it again. */
  async restart(name: ServiceName, graceMs: number): Promise<void> {
    await this.stop(name, graceMs);
    await this.start(name);
  }

  /** Sends a signal; resolves when the process is gone, if the signal is one that ends it. */
  async kill(name: ServiceName, signal: NodeJS.Signals): Promise<void> {
    const child = this.#running.get(name);
    if (!child) return;
    if (deadly.has(signal)) this.#toldToEnd.add(child);
    child.kill(signal);
    if (deadly.has(signal)) await child.ended;
  }

  /** Stops one service: SIGTERM, and SIGKILL after `graceMs`. */
  async stop(name: ServiceName, graceMs: number): Promise<void> {
    const child = this.#running.get(name);
    if (!child) return;
    this.#toldToEnd.add(child);
    await child.stop('SIGTERM', graceMs);
  }

  /** Stops all, which takes them at most `graceMs` together. */
  async stopAll(graceMs: number): Promise<void> {
    const deadline = Date.now() + graceMs;
    for (const names of stopOrder) await Promise.all(names.map((name) => this.stop(name, Math.max(0, deadline - Date.now()))));
  }

  async killAll(): Promise<void> {
    await Promise.all(serviceNames.map((name) => this.kill(name, 'SIGKILL')));
  }
}
