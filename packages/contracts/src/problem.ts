import { z } from 'zod';
import type { Errors } from './api.ts';

/** The body of every error answer: RFC 9457 problem details with a stable `code` and the id of the trace. */
export const problem = z.object({
  type: z.string().describe('A URI reference that identifies the kind of problem'),
  title: z.string().describe('The kind of problem in a few words, the same each time'),
  status: z.int().min(400).max(599),
  detail: z.string().describe('What went wrong this time, and what to do about it'),
  code: z.string().describe('The stable, machine-readable name of the problem'),
  traceId: z.string().describe('The trace of this request').optional(),
  errors: z
    .array(z.object({ at: z.string(), message: z.string() }))
    .describe('For `invalid_request`: each part that is invalid')
    .optional(),
});
export type ProblemDetails = z.output<typeof problem>;

/** Errors that every route of every service may answer. */
export const commonErrors = {
  400: ['malformed_json', 'malformed_request'],
  404: ['not_found'],
  405: ['method_not_allowed'],
  413: ['body_too_large'],
  415: ['unsupported_media_type'],
  422: ['invalid_request'],
  500: ['internal'],
  502: ['upstream_failed'],
  503: ['overloaded', 'unavailable', 'upstream_unavailable'],
  504: ['deadline_exceeded'],
} as const satisfies Errors;

/** Errors that a service answers before it knows the route. */
export const routelessErrors = {
  401: ['unsigned'],
  408: ['request_timeout'],
  417: ['expectation_failed'],
  431: ['headers_too_large'],
} as const satisfies Errors;

/** The title of each error code, for people. */
export const titles: Readonly<Record<string, string>> = {
  already_replayed: 'The dead letter was replayed before',
  body_too_large: 'The body is too large',
  deadline_exceeded: 'The request took too long',
  expectation_failed: 'The expectation cannot be met',
  headers_too_large: 'The headers are too large',
  idempotency_key_reused: 'The idempotency key was used for another request',
  internal: 'Internal error',
  invalid_credentials: 'Wrong e-mail or password',
  invalid_request: 'The request is invalid',
  malformed_json: 'The body is not JSON',
  malformed_request: 'The request cannot be read',
  method_not_allowed: 'This path does not support this method',
  not_cancellable: 'The order can no longer be cancelled',
  not_found: 'Not found',
  not_replayable: 'The dead letter cannot be replayed',
  out_of_stock: 'Not enough in stock',
  overloaded: 'Too busy',
  placement_abandoned: 'Another request abandoned this order',
  rate_limited: 'Too many requests',
  request_timeout: 'The request did not arrive in time',
  reservation_lost: 'The reservation was lost',
  too_many_attempts: 'Too many failed attempts to log in',
  unauthenticated: 'You are not logged in',
  unavailable: 'Currently unavailable',
  unknown_product: 'The product does not exist',
  unsupported_media_type: 'This media type is not supported',
  unsigned: 'Only services of the shop may call this',
  upstream_failed: 'A part of the shop failed',
  upstream_unavailable: 'A part of the shop is unavailable',
};

/** Joins error sets by status, each code once. */
export function joinErrors(...sets: readonly (Errors | undefined)[]): Record<number, string[]> {
  const joined: Record<number, string[]> = {};
  for (const set of sets) {
    for (const [status, codes] of Object.entries(set ?? {})) {
      joined[Number(status)] = [...new Set([...(joined[Number(status)] ?? []), ...codes])].toSorted();
    }
  }
  return joined;
}
