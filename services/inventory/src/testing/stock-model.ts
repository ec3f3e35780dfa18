export interface Step {
  what: 'reserve' | 'commit' | 'release' | 'expire';
  order: number;
}

type Status = 'held' | 'committed' | 'released' | 'expired';

/** A simple model of what the reservations should do. */
export function modelled(stock: Readonly<Record<string, number>>, wish: Record<string, number>[]) {
  const available = { ...stock };
  const status: (Status | undefined)[] = wish.map(() => undefined);

  const change = (order: number, sign: 1 | -1): void => {
    for (const [sku, quantity] of Object.entries(wish[order] ?? {})) available[sku] = (available[sku] ?? 0) + sign * quantity;
  };
  const enough = (order: number): boolean =>
    Object.entries(wish[order] ?? {}).every(([sku, quantity]) => (available[sku] ?? 0) >= quantity);
  const become = (order: number, next: Status, stockChange?: 1 | -1): Status => {
    if (stockChange) change(order, stockChange);
    status[order] = next;
    return next;
  };

  const steps: Record<Step['what'], (order: number, now: Status | undefined) => string> = {
    reserve(order, now) {
      if (now === 'released') return 'reservation_lost';
      if (now === 'held' || now === 'committed') return now;
      return enough(order) ? become(order, 'held', -1) : 'out_of_stock';
    },
    commit(order, now) {
      if (now === undefined) return 'not_found';
      if (now === 'released') return 'reservation_lost';
      if (now !== 'expired') return become(order, 'committed');
      if (enough(order)) return become(order, 'committed', -1);
      become(order, 'released');
      return 'reservation_lost';
    },
    release(order, now) {
      if (now === undefined) return 'not_found';
      return now === 'held' || now === 'committed' ? become(order, 'released', 1) : become(order, 'released');
    },
    expire(order, now) {
      if (now === 'held') become(order, 'expired', 1);
      return 'done';
    },
  };
  return { available, take: ({ what, order }: Step): string => steps[what](order, status[order]) };
}
