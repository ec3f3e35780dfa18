import { expect, test } from '@jest/globals';
import { createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import fc from 'fast-check';
import { ROOT } from './linked-context.ts';

const KEYS = ['a', 'b', 'c'].map(createContextKey);
const change = fc.record({ key: fc.constantFrom(...KEYS), value: fc.option(fc.nat(9), { nil: undefined }), isDeleted: fc.boolean() });

test('after any changes it has the values that the API’s own context has, and older contexts keep theirs', () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      let [linked, reference] = [ROOT, ROOT_CONTEXT];
      const pairs = changes.map(({ key, value, isDeleted }) => {
        linked = isDeleted ? linked.deleteValue(key) : linked.setValue(key, value);
        reference = isDeleted ? reference.deleteValue(key) : reference.setValue(key, value);
        return [linked, reference] as const;
      });
      for (const [ours, theirs] of pairs) for (const key of KEYS) expect(ours.getValue(key)).toBe(theirs.getValue(key));
    }),
  );
});

test('a context that is passed on and changed forever does not grow', () => {
  let context = ROOT;
  for (let at = 0; at < 100_000; at += 1) context = context.setValue(KEYS[at % KEYS.length]!, at);
  // Looking for a key that is not there visits every entry: in a list of 100,000 the stack would overflow.
  expect(context.deleteValue(createContextKey('absent'))).toBe(context);
  expect(context.getValue(KEYS[0]!)).toBe(99_999);
});
