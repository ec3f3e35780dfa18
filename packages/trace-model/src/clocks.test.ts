import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clockSkews, withoutSkew } from './clocks.ts';
import { codes, found } from './testing/codes.ts';
import { http, span, trace, type SpanParts } from './testing/span.ts';
import { verdict } from './verdict.ts';

const HOUR = 3_600_000;

/** gateway calls auth and then order, which calls inventory. `off` says by how many milliseconds each clock is ahead. */
function shop(off: Partial<Record<string, number>> = {}): readonly SpanParts[] {
  const at = (service: string, from: number, to: number): Pick<SpanParts, 'service' | 'ms'> => {
    const by = off[service] ?? 0;
    return { service, ms: [from + by, to + by] };
  };
  const declares = { 'waymark.segment.spans': 1n };
  const server = { ...http.server(200), ...declares };
  return [
    { n: 1, kind: 'SERVER', ...at('gateway', 0, 100), attributes: { ...server, 'waymark.segment.spans': 3n } },
    { n: 2, parent: 1, kind: 'CLIENT', ...at('gateway', 1, 20), attributes: http.client(200, 'auth') },
    { n: 3, parent: 2, kind: 'SERVER', ...at('auth', 2, 19), attributes: server },
    { n: 4, parent: 1, kind: 'CLIENT', ...at('gateway', 21, 99), attributes: http.client(200, 'order') },
    { n: 5, parent: 4, kind: 'SERVER', ...at('order', 24, 97), attributes: { ...server, 'waymark.segment.spans': 2n } },
    { n: 6, parent: 5, kind: 'CLIENT', ...at('order', 30, 90), attributes: http.client(200, 'inventory') },
    { n: 7, parent: 6, kind: 'SERVER', ...at('inventory', 35, 81), attributes: server },
  ];
}

test('clocks that agree are not reported', () => {
  expect(codes(...shop())).toEqual([]);
});

test.each([
  ['order', HOUR, 'The clock of order is about 1h 00m ahead of that of gateway, auth, inventory.'],
  ['order', -24 * HOUR, 'The clock of order is about 24h 00m behind that of gateway, auth, inventory.'],
  ['gateway', HOUR, 'The clock of gateway is about 1h 00m ahead of that of auth, order, inventory.'],
  ['inventory', 500, 'The clock of inventory is about 498 ms ahead of that of gateway, auth, order.'],
])('where the clock of %s is off by %i ms, that is all that is found', (service, off, message) => {
  expect(found(...shop({ [service]: off }))).toMatchObject([{ code: 'clock-skew', severity: 'note', message }]);
  expect(verdict(trace(...shop({ [service]: off }).map(span)))).toMatch(/^complete: .*1 note \(clock-skew\)$/);
});

test('the clock that agrees with the fewest others is reported', () => {
  expect(clockSkews(trace(...shop({ gateway: HOUR, auth: HOUR }).map(span))).map(({ service }) => service)).toEqual(['order', 'inventory']);
});

test('other findings are found although a clock is wrong', () => {
  const [first, ...others] = shop({ order: HOUR });
  const late: SpanParts = { n: 9, parent: 5, service: 'order', ms: [HOUR + 40, HOUR + 300] };
  expect(codes(first as SpanParts, ...others, late)).toEqual(['child-outside-parent 9 5', 'segment-outlived 5 9', '[clock-skew 4 5]']);
});

test('a message shows how far a clock is behind at least', () => {
  const message = { 'messaging.system': 'q', 'messaging.operation.name': 'send', 'messaging.message.id': '1' };
  expect(
    found(
      { n: 1, kind: 'PRODUCER', service: 'order', ms: [HOUR, HOUR + 1], attributes: message },
      { n: 2, parent: 1, kind: 'CONSUMER', service: 'worker', ms: [5, 6], attributes: message },
    ),
  ).toMatchObject([{ code: 'clock-skew', message: 'The clock of worker is at least 59m 59s behind that of order.' }]);
});

test('with any clocks, a sound trace has no findings except clock-skew, and with nearly equal clocks none', () => {
  const off = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -48 * HOUR, max: 48 * HOUR }));
  const clocks = fc.record({ gateway: off, auth: off, order: off, inventory: off });
  fc.assert(
    fc.property(clocks, (each) => {
      const kinds = new Set(found(...shop(each)).map(({ code }) => code));
      expect([...kinds].filter((code) => code !== 'clock-skew')).toEqual([]);
      const nearlyAgree = Object.values(each).every((ms) => Math.abs(ms) <= 2);
      expect(kinds.size).toBeLessThanOrEqual(nearlyAgree ? 0 : 1);
      expect(withoutSkew(withoutSkew(trace(...shop(each).map(span))).trace).skews).toEqual([]);
    }),
  );
});
