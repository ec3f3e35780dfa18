import { inventoryApi, type Reservation } from '@waymark/contracts';
import { Problem, serviceApp, type Logger } from '@waymark/service-kit';
import { serve, type Served } from '@waymark/service-kit/testing';

/** What goes wrong with a request: it fails, or it succeeds but its answer is lost. */
export type Fault = 'fails' | 'answer lost';

export interface StubInventory extends Served {
  /** The reservations by order. */
  reservations: Map<string, Reservation>;
  /** All requests so far, as `reserve <order>`. */
  calls: string[];
  /** The faults of the next requests. Later requests succeed. */
  faults: Fault[];
  /** If set, reserving and committing fail with it. */
  refusal: Problem | undefined;
  /** Requests wait for this promise. */
  gate: Promise<unknown>;
}

/** Starts a stub of the inventory with real HTTP. It stores reservations, and everything is in stock for 100 cents. */
export async function startStubInventory(log: Logger): Promise<StubInventory> {
  const find = (orderId: string): Reservation => {
    const reservation = stub.reservations.get(orderId);
    if (!reservation) throw new Problem(404, 'not_found', 'The reservation does not exist.');
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
        if (fault === 'fails') throw new Error('a requested fault');
        await next();
        if (fault === 'answer lost') ctx.req.socket.destroy();
      },
    ],
    handlers: {
      listProducts: () => Promise.resolve({ items: [] }),
      getProduct: () => Promise.reject(new Problem(404, 'unknown_product', 'The product does not exist.')),
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
