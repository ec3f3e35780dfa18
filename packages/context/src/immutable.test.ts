import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frozenCopy, type Immutable } from './immutable.ts';

const immutable: fc.Arbitrary<Immutable> = fc.letrec<{ value: Immutable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, true, 0, 'text'),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary<Immutable>(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value'), { maxKeys: 4 }),
  ),
})).value;

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  for (const one of Object.values(value)) expectFrozen(one);
}

/** Changes every record and array that is in the value. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const one of Object.values(value)) spoil(one);
  if (Array.isArray(value)) value.push('spoilt');
  else Object.assign(value, { spoilt: true });
}

test('a copy is equal, frozen all the way down, and unmoved by what becomes of the original', () => {
  fc.assert(
    fc.property(immutable, (value) => {
      const before = structuredClone(value);
      const copied = frozenCopy(value, 'It');
      expectFrozen(copied);
      spoil(value);
      expect(copied).toEqual(before);
    }),
  );
});

test('what was copied once is not copied again, also as a part of something else', () => {
  const copied = frozenCopy({ lines: [{ sku: 'lamp' }] }, 'It');
  expect(frozenCopy(copied, 'It')).toBe(copied);
  expect(frozenCopy({ order: copied }, 'It').order).toBe(copied);
});

test('what somebody else has frozen is copied: it may hold what is not', () => {
  const shallow = Object.freeze({ lines: ['lamp'] });
  const copied = frozenCopy(shallow, 'It');
  shallow.lines.push('rug');
  expect(copied).toEqual({ lines: ['lamp'] });
});

test('of a record it has the properties with a string for a name, and of an array of any class a plain one', () => {
  class Lines extends Array<Immutable> {}
  const copied = frozenCopy({ lines: Lines.of('lamp', 'rug'), [Symbol('secret')]: new Map() }, 'It');
  expect(Reflect.ownKeys(copied)).toEqual(['lines']);
  expect(Object.getPrototypeOf(copied.lines)).toBe(Array.prototype);
});

class Basket {
  lines = [];
}
const circle: { self?: unknown } = {};
circle.self = { again: [circle] };

test.each<[unknown, string]>([
  [new Map(), 'It is an instance of Map.'],
  [{ at: [0, new Date(0)] }, 'It is an instance of Date at .at[1].'],
  [{ basket: new Basket() }, 'It is an instance of Basket at .basket.'],
  [{ a: { b: () => 1 } }, 'It is a function at .a.b.'],
  [[1n], 'It is a bigint at [0].'],
  [Symbol('secret'), 'It is a symbol.'],
  [Object.create({ inherited: {} }, {}), 'It is an object that is no plain record.'],
  [circle, 'It is a record that contains itself at .self.again[0].'],
])('what is no plain value is refused, and the refusal says where it is: %#', (value, message) => {
  expect(() => frozenCopy(value as Immutable, 'It')).toThrow(TypeError);
  expect(() => frozenCopy(value as Immutable, 'It')).toThrow(message);
});

test('the same record in two places is no circle', () => {
  const address = { city: 'Leeds' };
  expect(frozenCopy({ from: address, to: address }, 'It')).toEqual({ from: address, to: address });
});
