/** What an API function answers; the body becomes JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });

/** An entry of `errors` in Jaeger's v1 answers. */
export interface V1Error {
  readonly code?: number;
  readonly msg: string;
  readonly traceID?: string;
}

/** Jaeger's v1 envelope around data. */
export const v1Ok = (data: unknown, total = 0, errors: readonly V1Error[] | null = null): Answer =>
  ok({ data, total, limit: 0, offset: 0, errors });

/** Jaeger's v1 envelope around an error. */
export const v1Error = (code: number, msg: string): Answer => ({
  status: code,
  body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] },
});

/** Jaeger's v3 error. */
export const v3Error = (httpCode: number, message: string): Answer => ({ status: httpCode, body: { error: { httpCode, message } } });
