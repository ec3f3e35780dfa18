import { subscribe } from 'node:diagnostics_channel';
import { propagation } from '@opentelemetry/api';

/** A request as undici has created it: names and values follow one another. */
interface UndiciRequest {
  headers: unknown[];
  addHeader(name: string, value: string): unknown;
}

const headerNames = (headers: readonly unknown[]): string[] => headers.map((name, at) => (at % 2 === 0 ? String(name).toLowerCase() : ''));

/**
 * Says whether a request has its trace already: an `ignoreRequestHook` for OpenTelemetry's undici instrumentation, which would otherwise make
 * a second CLIENT span.
 */
export function hasTraceparent(request: { headers: unknown }): boolean {
  return Array.isArray(request.headers) && headerNames(request.headers).includes('traceparent');
}

/**
 * OpenTelemetry's undici instrumentation adds its headers to a request that undici has created. Servers discard two of `traceparent`, so a
 * request that has one gets no second, whether the instrumentation subscribed before us or after.
 */
subscribe('undici:request:create', (message) => {
  const { request } = message as { request: UndiciRequest };
  const names = headerNames(request.headers);
  if (!names.includes('traceparent')) return;
  const fields = new Set(propagation.fields());
  const isRepeated = (at: number): boolean => fields.has(names[at] ?? '') && names.indexOf(names[at] ?? '') < at;
  request.headers = request.headers.filter((_, at) => !isRepeated(at - (at % 2)));
  const add = request.addHeader.bind(request);
  request.addHeader = (name, value) => (fields.has(name.toLowerCase()) ? request : add(name, value));
});
