import fc from 'fast-check';

/** A change in a JSON value: which branch to follow at each level, and what to do there. */
interface Change {
  readonly way: readonly number[];
  readonly act: 'replace' | 'remove' | 'repeat' | 'swap';
  readonly value: unknown;
}

const odd = fc.constantFrom<unknown>(
  null,
  '',
  '0',
  'ff',
  -1,
  1e300,
  Number.MAX_SAFE_INTEGER,
  '18446744073709551615',
  '-9223372036854775808',
  true,
  [],
  {},
);

/** Copies of a real trace with one to eight changes, most of them deep, because changes at the top are rejected early. */
export function mutated(json: unknown): fc.Arbitrary<unknown> {
  const change = fc.record<Change>({
    way: fc.array(fc.nat(1000), { minLength: 6, maxLength: 14 }),
    act: fc.constantFrom<Change['act']>('replace', 'remove', 'repeat', 'swap'),
    value: fc.oneof(odd, fc.jsonValue(), fc.string({ unit: 'binary' })),
  });
  return fc.array(change, { minLength: 1, maxLength: 8 }).map((changes) => changes.reduce(apply, structuredCloneOf(json)));
}

type Branch = Record<string, unknown>;
const structuredCloneOf = (json: unknown): unknown => JSON.parse(JSON.stringify(json)) as unknown;
const isBranch = (value: unknown): value is Branch => typeof value === 'object' && value !== null && Object.keys(value).length > 0;

function apply(json: unknown, { way, act, value }: Change): unknown {
  let here = json;
  for (const [step, turn] of way.entries()) {
    if (!isBranch(here)) return json;
    const keys = Object.keys(here);
    const key = keys[turn % keys.length] ?? '';
    if (step === way.length - 1 || !isBranch(here[key])) {
      change(here, key, keys[(turn * 7 + 1) % keys.length] ?? key, act, value);
      return json;
    }
    here = here[key];
  }
  return json;
}

function change(branch: Branch, key: string, other: string, act: Change['act'], value: unknown): void {
  if (act === 'replace') branch[key] = value;
  else if (act === 'swap') [branch[key], branch[other]] = [branch[other], branch[key]];
  else if (act === 'repeat' && Array.isArray(branch)) branch.push(branch[Number(key)]);
  else if (Array.isArray(branch)) branch.splice(Number(key), 1);
  else delete branch[key];
}
