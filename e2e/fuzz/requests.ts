import { parse as parseQuery } from 'node:querystring';
import type { Route } from '@waymark/contracts';
import fc from 'fast-check';
import { signatureHeader } from '../src/shop/signature.ts';
import { junk, junkText, validFor, type Known } from './values.ts';

/** A request on its way to a route. */
export interface FuzzedRequest {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer | undefined;
  /** Whether it keeps to the contract. */
  isValid: boolean;
}

interface Draft {
  method: string;
  params: Record<string, string>;
  query: readonly (readonly [name: string, value: string])[];
  headers: Record<string, string>;
  /** JSON, if the route takes a body. */
  json: unknown;
  /** What is sent instead of the JSON. */
  raw?: Buffer;
}

type Change = (draft: Draft) => Draft;

/** Valid requests to a route, and requests that were changed in one or two places and are often not valid any more. */
export function requestsTo(route: Route, known: Known, secret: string | undefined): fc.Arbitrary<FuzzedRequest> {
  const changes = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Change[]>([]) },
    { weight: 6, arbitrary: fc.array(changeOf(route), { minLength: 1, maxLength: 2 }) },
  );
  return fc.tuple(draftOf(route, known), changes).map(([draft, all]) => {
    const changed = all.reduce((sofar, change) => change(sofar), draft);
    return onTheWire(route, changed, secret);
  });
}

function draftOf(route: Route, known: Known): fc.Arbitrary<Draft> {
  const part = (schema: Route['params']): fc.Arbitrary<Record<string, string>> =>
    schema ? validFor(schema, known).map((values) => texts(values as object)) : fc.constant({});
  return fc.record({
    method: fc.constant(route.method),
    params: part(route.params),
    query: part(route.query).map((values) => Object.entries(values)),
    headers: part(route.headers).map((values) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, asHeader(value)])),
    ),
    json: route.body ? validFor(route.body, known) : fc.constant(undefined),
  });
}

const texts = (values: object): Record<string, string> =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));

/** Headers hold Latin-1 without control characters; undici sends no others. */
const asHeader = (value: string): string => value.replaceAll(/[^\t\x20-\x7e\xa0-\xff]/g, '?');
const headerText = junkText.map(asHeader);
/** Not `x-timeout-ms`: a service that is given no time rightly answers 504. */
const extraHeader = fc.constantFrom('traceparent', 'tracestate', 'baggage', 'accept', 'x-forwarded-for', 'cookie', 'if-none-match');

function changeOf(route: Route): fc.Arbitrary<Change> {
  const changes: fc.Arbitrary<Change>[] = [
    fc.constantFrom('PUT', 'DELETE', 'PATCH').map((method) => (draft) => ({ ...draft, method })),
    fc
      .tuple(fc.oneof(fc.constantFrom('limit', 'before', 'job', '__proto__'), junkText), junkText)
      .map((pair) => (draft) => ({ ...draft, query: [...draft.query, pair] })),
    fc.tuple(extraHeader, headerText).map(([name, value]) => with_('headers', name, value)),
  ];
  for (const name of Object.keys(route.params?.shape ?? {})) changes.push(junkText.map((value) => with_('params', name, value)));
  for (const name of Object.keys(route.headers?.shape ?? {})) {
    changes.push(headerText.map((value) => with_('headers', name, value)));
    changes.push(fc.constant((draft) => ({ ...draft, headers: without(draft.headers, name) })));
  }
  for (const name of Object.keys(route.query?.shape ?? {})) {
    changes.push(
      junkText.map((value) => (draft) => ({ ...draft, query: [...draft.query.filter(([one]) => one !== name), [name, value]] })),
    );
  }
  if (route.body) changes.push(...bodyChanges());
  return fc.oneof(...changes);
}

const with_ =
  (part: 'params' | 'headers', name: string, value: string): Change =>
  (draft) => ({ ...draft, [part]: { ...draft[part], [name]: value } });

const without = (record: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(record).filter(([one]) => one !== name));

const TYPES = [
  'text/plain',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'Application/JSON; charset="UTF-8"',
  '',
];

const raw = (body: fc.Arbitrary<Buffer>): fc.Arbitrary<Change> => body.map((one) => (draft) => ({ ...draft, raw: one }));

function bodyChanges(): fc.Arbitrary<Change>[] {
  return [
    fc.tuple(fc.nat(), junk).map(([at, value]) => (draft) => ({ ...draft, json: replaced(draft.json, at, value) })),
    fc.nat().map((at) => (draft) => ({ ...draft, json: replaced(draft.json, at, undefined) })),
    fc.tuple(junkText, junk).map(([name, value]) => (draft) => ({ ...draft, json: { ...(draft.json as object), [name]: value } })),
    junk.map((json) => (draft) => ({ ...draft, json })),
    fc.nat().map((cut) => (draft) => {
      const whole = Buffer.from(JSON.stringify(draft.json) ?? '');
      return { ...draft, raw: whole.subarray(0, cut % (whole.length + 1)) };
    }),
    raw(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))),
    raw(
      fc
        .constantFrom('['.repeat(30_000), '[{"a":'.repeat(9_000), `"${'x'.repeat(70_000)}"`, '{"lines":NaN}')
        .map((one) => Buffer.from(one)),
    ),
    fc.constantFrom(...TYPES).map((type) => with_('headers', 'content-type', type)),
    fc.constantFrom('gzip', 'br', 'identity').map((encoding) => with_('headers', 'content-encoding', encoding)),
  ];
}

/** Replaces one of the values in a JSON value, or removes it if the new one is undefined. */
function replaced(json: unknown, at: number, by: unknown): unknown {
  if (typeof json !== 'object' || json === null || Object.keys(json).length === 0) return by ?? null;
  const entries = Object.entries(json);
  const [name = '', value] = entries[at % entries.length] ?? [];
  const isDeeper = typeof value === 'object' && value !== null && at % 3 > 0;
  const inner = isDeeper ? replaced(value, Math.floor(at / 3), by) : by;
  if (Array.isArray(json)) return inner === undefined ? json.filter((_, index) => String(index) !== name) : json.with(Number(name), inner);
  return inner === undefined ? Object.fromEntries(entries.filter(([one]) => one !== name)) : { ...json, [name]: inner };
}

function onTheWire(route: Route, draft: Draft, secret: string | undefined): FuzzedRequest {
  const search = draft.query.map((pair) => pair.map(encoded).join('=')).join('&');
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(draft.params[name] ?? '')) + (search && `?${search}`);
  const body = route.body ? (draft.raw ?? Buffer.from(JSON.stringify(draft.json) ?? '')) : undefined;
  const headers = { ...(body && { 'content-type': 'application/json' }), ...draft.headers };
  return {
    method: draft.method,
    path,
    headers: secret ? { ...headers, ...signatureHeader(secret, draft.method, path, received(headers)) } : headers,
    body,
    isValid: draft.method === route.method && keepsTo(route, draft.params, search, headers, body),
  };
}

/** `encodeURIComponent` throws for half a surrogate pair. */
const encoded = (value: string): string => encodeURIComponent(value.toWellFormed());
/** Node removes white space around the value of a header. */
const received = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replaceAll(/^[\t ]+|[\t ]+$/g, '')]));

function keepsTo(route: Route, params: object, search: string, headers: Record<string, string>, body: Buffer | undefined): boolean {
  const trimmed = received(headers);
  return (
    (route.params?.safeParse(params).success ?? true) &&
    (route.query?.safeParse(parseQuery(search)).success ?? true) &&
    (route.headers?.safeParse(trimmed).success ?? true) &&
    (!route.body || (body !== undefined && isJson(trimmed, body) && route.body.safeParse(parsed(body)).success))
  );
}

const isJson = (headers: Record<string, string>, body: Buffer): boolean =>
  /^application\/json(; charset="?utf-8"?)?$/i.test(headers['content-type'] ?? '') &&
  ['', 'identity'].includes(headers['content-encoding'] ?? '') &&
  body.length <= 65_536;

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
