import type { Child } from './child.ts';
import type { Restarts } from './restarts.ts';
import type { StartError } from './start-error.ts';
import { serviceFailure, serviceNames, startService, untilReady, type ServiceName } from './service.ts';

/** Callers stop before the services that they call, so that requests in progress can finish. */
const stopOrder: readonly (readonly ServiceName[])[] = [['gateway'], ['order'], ['auth', 'inventory']];
const deadly = new Set<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGKILL', 'SIGABRT']);

export interface ServicePlan {
  root: string;
  urls: Readonly<Record<ServiceName, string>>;
  environments: Readonly<Record<ServiceName, NodeJS.ProcessEnv>>;
  onLine?: ((name: ServiceName, line: string) => void) | undefined;
  /** Restarts a service that ended by itself. */
  restarts?: Restarts | undefined;
  /** Cancels waiting for readiness. */
  signal?: AbortSignal | undefined;
}

/** The processes of the four services. It knows which of them were stopped on purpose. */
export class Services {
  readonly #plan: ServicePlan;
  readonly #running = new Map<ServiceName, Child>();
  readonly #toldToEnd = new WeakSet<Child>();
  readonly #crash = Promise.withResolvers<StartError>();

  constructor(plan: ServicePlan) {
    this.#plan = plan;
  }

  /** Resolves when a service ends by itself and is not restarted. */
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
    if (restarts) void restarts.restart(name, how, () => this.restart(name, 0));
    else this.#crash.resolve(serviceFailure(name, child, how));
  }

  /** Stops a service if it still runs, and starts it again. */
  async restart(name: ServiceName, graceMs: number): Promise<void> {
    await this.stop(name, graceMs);
    await this.start(name);
  }

  /** Sends a signal. If the signal ends the process, resolves when it has ended. */
  async kill(name: ServiceName, signal: NodeJS.Signals): Promise<void> {
    const child = this.#running.get(name);
    if (!child) return;
    if (deadly.has(signal)) this.#toldToEnd.add(child);
    child.kill(signal);
    if (deadly.has(signal)) await child.ended;
  }

  /** Stops one service with SIGTERM, and with SIGKILL after `graceMs`. */
  async stop(name: ServiceName, graceMs: number): Promise<void> {
    const child = this.#running.get(name);
    if (!child) return;
    this.#toldToEnd.add(child);
    await child.stop('SIGTERM', graceMs);
  }

  /** Stops all services within `graceMs` altogether. */
  async stopAll(graceMs: number): Promise<void> {
    const deadline = Date.now() + graceMs;
    for (const names of stopOrder) await Promise.all(names.map((name) => this.stop(name, Math.max(0, deadline - Date.now()))));
  }

  async killAll(): Promise<void> {
    await Promise.all(serviceNames.map((name) => this.kill(name, 'SIGKILL')));
  }
}
