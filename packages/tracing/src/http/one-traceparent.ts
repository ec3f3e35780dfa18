import { subscribe } from 'node:diagnostics_channel';
import { propagation } from '@opentelemetry/api';

/** A request as undici has created it: names and values follow one another. */
interface UndiciRequest {
  headers: unknown[];
  addHeader: (this: UndiciRequest, name: string, value: string) => unknown;
}

const has = (headers: readonly unknown[], wanted: string): boolean =>
  headers.some((name, at) => at % 2 === 0 && String(name).toLowerCase() === wanted);

/**
 * Says whether a request has its trace already: an `ignoreRequestHook` for OpenTelemetry's undici instrumentation, which would otherwise make
 * a second CLIENT span.
 */
export function hasTraceparent({ headers }: { headers: unknown }): boolean {
  return Array.isArray(headers) && has(headers, 'traceparent');
}

const guarded = new WeakSet<UndiciRequest>();

/**
 * OpenTelemetry's undici instrumentation adds its headers to a request that undici has created. Servers discard two of `traceparent`, so a
 * request that has one gets no second. There is a class of requests for each undici in the process, and its first request shows it.
 */
subscribe('undici:request:create', (message) => {
  const { request } = message as { request: UndiciRequest };
  const prototype = Object.getPrototypeOf(request) as UndiciRequest;
  if (guarded.has(prototype)) return;
  guarded.add(prototype);
  guard(prototype);
  // The instrumentation may have subscribed before us, and added its headers already.
  if (hasTraceparent(request)) request.headers = withoutRepeated(request.headers);
});

/** The first of each propagation header stays. */
function withoutRepeated(headers: readonly unknown[]): unknown[] {
  const fields = new Set(propagation.fields());
  const names = headers.map((name, at) => (at % 2 === 0 ? String(name).toLowerCase() : ''));
  const isRepeated = (at: number): boolean => fields.has(names[at] ?? '') && names.indexOf(names[at] ?? '') < at;
  return headers.filter((_, at) => !isRepeated(at - (at % 2)));
}

/** Requests of this class take no second propagation header of a name. */
function guard(prototype: UndiciRequest): void {
  const { addHeader } = prototype; // oxlint-disable-line typescript/unbound-method -- it is called with the request
  prototype.addHeader = function guardedAddHeader(this: UndiciRequest, name, value) {
    const field = name.toLowerCase();
    return propagation.fields().includes(field) && has(this.headers, field) ? this : addHeader.call(this, name, value);
  };
}
