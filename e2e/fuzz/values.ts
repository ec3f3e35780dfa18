import { z } from 'zod';
import fc from 'fast-check';

/** Values that mean something to the shop, by the name of the property or header. */
export type Known = Readonly<Record<string, readonly string[]>>;

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Values that a schema accepts, among them those that the shop knows. */
export function validFor(schema: z.ZodType, known: Known, name = ''): fc.Arbitrary<unknown> {
  return likeSchema(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }), known, name).filter(
    (value) => schema.safeParse(value).success,
  );
}

function likeSchema(schema: JsonSchema, known: Known, name: string): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((one) => likeSchema(one, known, name)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === 'string') {
    const any = text(schema);
    const ours = known[name] ?? [];
    return ours.length > 0 ? fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...ours) }, { weight: 1, arbitrary: any }) : any;
  }
  if (schema.type === 'integer') {
    return fc.integer({ min: Math.ceil(schema.minimum ?? -1e9), max: Math.floor(schema.maximum ?? 1e9) });
  }
  if (schema.type === 'array') {
    const item = likeSchema(schema.items as JsonSchema, known, name);
    return fc.array(item, { minLength: schema.minItems ?? 0, maxLength: schema.maxItems ?? 5 });
  }
  if (schema.type !== 'object') return fc.jsonValue({ maxDepth: 2 });
  const parts = Object.entries(schema.properties ?? {}).map(([key, part]) => [key, likeSchema(part as JsonSchema, known, key)] as const);
  return fc.record(Object.fromEntries(parts), { requiredKeys: schema.required ?? [] });
}

function text({ format, pattern, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'email') return fc.emailAddress();
  if (pattern) return fc.stringMatching(new RegExp(pattern, 'u'), { maxLength });
  const length = { minLength, maxLength };
  return fc.oneof(fc.string({ unit: 'grapheme-ascii', ...length }), fc.string({ unit: 'binary', ...length }));
}

/** Values that no schema of the shop is made for. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(0, -1, 0.5, 1e21, 2 ** 31, 2 ** 53, '', ' ', '\0', '\ud800', '__proto__', 'null', 'x'.repeat(5_000), [], {}),
);

/** The same as text that a path, a query or a header can hold. */
export const junkText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  fc.constantFrom(
    '0x10',
    '1e2',
    '+5',
    '-1',
    '99999999999999999999',
    'true',
    "' or 1=1 --",
    '../../etc/passwd',
    '\0',
    '%00',
    'undefined',
    'é',
  ),
);
