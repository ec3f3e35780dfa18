import { inventoryApi, type Reservation } from '@waymark/contracts';
import { Problem, serviceApp, type Logger } from '@waymark/service-kit';
import { serve, type Served } from '@waymark/service-kit/testing';

/** What goes wrong with a request: it fails, or it is done and its answer gets lost. */
export type Fault = 'fails' | 'answer lost';

export interface StubInventory extends Served {
  /** What it holds, by order. */
  reservations: Map<string, Reservation>;
  /** All requests, as `reserve <order>`. */
  calls: string[];
  /** One for each request to come; those after them go well. */
  faults: Fault[];
  /** What it says to a reservation or commitment that cannot be. */
  refusal: Problem | undefined;
  /** Requests wait for this. */
  gate: Promise<unknown>;
}

/** An inventory that remembers reservations and has plenty of everything, each for 100 cents, behind real HTTP. */
export async function startStubInventory(log: Logger): Promise<StubInventory> {
  const find = (orderId: string): Reservation => {
    const reservation = stub.reservations.get(orderId);
    if (!reservation) throw new Problem(404, 'not_found', 'There is no such reservation.');
    return reservation;
  };
  const end = (orderId: string, status: Reservation['status']): Promise<Reservation> => {
    const ended = { ...find(orderId), status };
    stub.reservations.set(orderId, ended);
    return Promise.resolve(ended);
  };
  const called = (what: string, orderId: string): void => {
    stub.calls.push(`${what} ${orderId}`);
    if (stub.refusal && what !== 'release') throw stub.refusal;
  };
  const app = serviceApp({
    api: inventoryApi,
    log,
    before: [
      async (ctx, next) => {
        const fault = stub.faults.shift();
        await stub.gate;
        if (fault === 'fails') throw new Error('as it was told to');
        await next();
        if (fault === 'answer lost') ctx.req.socket.destroy();
      },
    ],
    handlers: {
      listProducts: () => Promise.resolve({ items: [] }),
      getProduct: () => Promise.reject(new Problem(404, 'unknown_product', 'There is none.')),
      async reserve({ body: { orderId, lines } }) {
        called('reserve', orderId);
        const priced = lines.map((line) => ({ ...line, unitPriceCents: 100 }));
        const expiresAt = new Date(Date.now() + 900_000).toISOString();
        if (!stub.reservations.has(orderId))
          stub.reservations.set(orderId, { orderId, status: 'held', lines: priced, currency: 'EUR', expiresAt });
        return find(orderId);
      },
      async commit({ params: { orderId } }) {
        called('commit', orderId);
        return end(orderId, 'committed');
      },
      async release({ params: { orderId } }) {
        called('release', orderId);
        return end(orderId, 'released');
      },
    },
  });
  const served = await serve(app.callback());
  const stub: StubInventory = { ...served, reservations: new Map(), calls: [], faults: [], refusal: undefined, gate: Promise.resolve() };
  return stub;
}
