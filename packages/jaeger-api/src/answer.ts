/** The answer of an API function: a status and JSON, which can be made in parts while it is sent. */
export interface Answer {
  readonly status: number;
  readonly json: string | Iterable<string>;
}

const whole = (status: number, body: unknown): Answer => ({ status, json: JSON.stringify(body) });

export const ok = (body: unknown): Answer => whole(200, body);

/** An entry of `errors` in Jaeger's v1 answers. */
export interface V1Error {
  readonly code?: number;
  readonly msg: string;
  readonly traceID?: string;
}

/** Jaeger's v1 envelope around data. */
export const v1Ok = (data: unknown, total = 0): Answer => ok({ data, total, limit: 0, offset: 0, errors: null });

/** Jaeger's v1 envelope around a list. Its entries are made while they are sent. */
export function v1List(entries: Iterable<string>, errors: readonly V1Error[] | null = null): Answer {
  return { status: 200, json: around('{"data":[', entries, `],"total":0,"limit":0,"offset":0,"errors":${JSON.stringify(errors)}}`) };
}

/** Text before and after other text. */
export function* around(before: string, parts: Iterable<string>, after: string): Generator<string> {
  yield before;
  yield* parts;
  yield after;
}

/** Jaeger's v1 envelope around an error. */
export const v1Error = (code: number, msg: string): Answer =>
  whole(code, { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] });

/** Jaeger's v3 error. */
export const v3Error = (httpCode: number, message: string): Answer => whole(httpCode, { error: { httpCode, message } });
