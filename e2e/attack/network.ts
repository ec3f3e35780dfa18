import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A proxy between two processes that simulates network failures. */
export class Wire implements AsyncDisposable {
  readonly #target: URL;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #muted = new WeakSet<readonly [Socket, Socket]>();
  #server: Server | undefined;
  #port = 0;

  /** @param target the URL to connect to */
  constructor(target: string) {
    this.#target = new URL(target);
  }

  /** Accepts connections, after `cut` again on the same port. Resolves with the target's URL through this proxy. */
  async open(): Promise<string> {
    const server = createServer((near) => this.#join(near));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${this.#port}`;
    return url.href.replace(/\/$/, '');
  }

  #join(near: Socket): void {
    const far = connect(Number(this.#target.port), this.#target.hostname);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (this.#muted.has(pair)) return;
        this.#pairs.delete(pair);
        other.destroy();
      });
    }
  }

  /**
   * Drops everything on the open connections, even their end, without closing them. New connections work.
   * @returns the number of open connections
   */
  mute(): number {
    for (const pair of this.#pairs) {
      const [near, far] = pair;
      this.#muted.add(pair);
      near.unpipe(far).resume();
      far.unpipe(near).resume();
    }
    return this.#pairs.size;
  }

  /** Closes all connections and refuses new ones. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && once(server.close(), 'close');
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }
}

const CHECK_MS = 200;

/** A load balancer: distributes connections among the servers that are ready. */
export async function balance(targets: () => readonly string[]): Promise<AsyncDisposable & { url: string }> {
  const ready = new Set<string>();
  const stopping = new AbortController();
  const check = async (url: string): Promise<void> => {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) ready.add(url);
    else ready.delete(url);
  };
  const checking = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all(targets().map(check));
      await delay(CHECK_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const url = [...ready][turn++ % ready.size];
    if (url === undefined) return void near.destroy();
    const { port, hostname } = new URL(url);
    const far = connect(Number(port), hostname);
    near.pipe(far).pipe(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      for (const socket of sockets) socket.destroy();
      await Promise.all([checking, once(server.close(), 'close')]);
    },
  };
}
