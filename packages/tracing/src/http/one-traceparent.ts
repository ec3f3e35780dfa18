import { subscribe } from 'node:diagnostics_channel';
import { propagation } from '@opentelemetry/api';

/** On a request that had its trace when undici created it. */
const HAS_TRACE = Symbol('waymark.hasTrace');

/** A request as undici has created it: names and values follow one another. */
interface UndiciRequest {
  headers: unknown[];
  addHeader: (this: UndiciRequest, name: string, value: string) => unknown;
  [HAS_TRACE]?: true;
}

const isTraceparent = (name: unknown): boolean => {
  const text = String(name);
  return text.length === 'traceparent'.length && text.toLowerCase() === 'traceparent';
};

function traceparentsIn(headers: readonly unknown[]): number {
  let count = 0;
  for (let at = 0; at < headers.length; at += 2) if (isTraceparent(headers[at])) count += 1;
  return count;
}

/**
 * Says whether a request has its trace already: an `ignoreRequestHook` for OpenTelemetry's undici instrumentation, which would otherwise make
 * a second CLIENT span.
 */
export function hasTraceparent(request: { headers: unknown }): boolean {
  return Array.isArray(request.headers) && traceparentsIn(request.headers) > 0;
}

/**
 * OpenTelemetry's undici instrumentation adds its headers to a request that undici has created. Servers discard two of `traceparent`, so a
 * request that has one gets no second, whether the instrumentation subscribed before us or after.
 */
subscribe('undici:request:create', (message) => {
  const { request } = message as { request: UndiciRequest };
  const count = traceparentsIn(request.headers);
  if (count === 0) return;
  if (count > 1) request.headers = withoutRepeated(request.headers);
  request[HAS_TRACE] = true;
  guard(Object.getPrototypeOf(request) as UndiciRequest);
});

/** The first of each propagation header stays. */
function withoutRepeated(headers: readonly unknown[]): unknown[] {
  const fields = new Set(propagation.fields());
  const names = headers.map((name, at) => (at % 2 === 0 ? String(name).toLowerCase() : ''));
  const isRepeated = (at: number): boolean => fields.has(names[at] ?? '') && names.indexOf(names[at] ?? '') < at;
  return headers.filter((_, at) => !isRepeated(at - (at % 2)));
}

const guarded = new WeakSet<UndiciRequest>();

/** Once for each undici in the process: its requests that have their trace take no propagation header any more. */
function guard(prototype: UndiciRequest): void {
  if (guarded.has(prototype)) return;
  guarded.add(prototype);
  const { addHeader } = prototype; // oxlint-disable-line typescript/unbound-method -- it is called with the request
  prototype.addHeader = function guardedAddHeader(this: UndiciRequest, name, value) {
    return this[HAS_TRACE] && propagation.fields().includes(name.toLowerCase()) ? this : addHeader.call(this, name, value);
  };
}
