import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { context, isSpanContextValid, propagation, SpanKind, trace, type Span } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { inject } from '@waymark/context';
import type { ReadableSpan } from '../provider/interfaces.ts';
import { measureClient } from '../metrics/http-durations.ts';
import { startSpan } from '../span.ts';
import { ClientCall } from './client-call.ts';
import { clientAttributes, connectionAttributes, httpSpanName } from './conventions.ts';

let subscribed = false;

/**
 * Traces the requests of `node:http` and `node:https`, and of clients that use them, such as axios and got: a CLIENT span for each, and
 * exactly one `traceparent`. Call it once, at the start. It can't trace requests with an array of headers or an `Expect` header, because Node
 * writes those headers immediately.
 * @throws {Error} before Node 22.12, which has no event for new requests
 */
export function traceHttpClients(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 12)) {
    throw new Error(`traceHttpClients needs Node 22.12 or newer, but this is Node ${process.versions.node}`);
  }
  if (subscribed) return;
  subscribed = true;
  const calls = new WeakMap<ClientRequest, ClientCall>();
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { request: ClientRequest };
    if (request.headersSent || isTracingSuppressed(context.active()) || isTraced(request)) return;
    calls.set(request, startCall(request));
  });
  subscribe('http.client.request.error', (message) => {
    const { request, error } = message as { request: ClientRequest; error: Error };
    calls.get(request)?.failed(error);
  });
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    const call = calls.get(request);
    if (call) answered(call, response);
  });
}

/** Whether OpenTelemetry's http instrumentation has already started a CLIENT span for this request. */
function isTraced(request: ClientRequest): boolean {
  const active: (Span & Partial<ReadableSpan>) | undefined = trace.getActiveSpan();
  return active?.kind === SpanKind.CLIENT && String(request.getHeader('traceparent')).includes(active.spanContext().spanId);
}

function startCall(request: ClientRequest): ClientCall {
  const { method, path, protocol } = request;
  const origin = `${protocol}//${String(request.getHeader('host') ?? request.host)}`;
  const attributes = clientAttributes(method, origin, path);
  const span = startSpan(httpSpanName(method), { kind: SpanKind.CLIENT, attributes });
  const call = new ClientCall(span, measureClient(attributes));
  for (const name of propagation.fields()) request.removeHeader(name);
  if (isSpanContextValid(span.spanContext())) {
    for (const [name, value] of Object.entries(inject(trace.setSpan(context.active(), span)))) request.setHeader(name, value);
  }
  request.once('finish', () => call.sent());
  // Upgrades, CONNECT, and requests destroyed without an error have no response to read.
  request.once('close', () => {
    const { statusCode, upgrade } = (request as ClientRequest & { res?: IncomingMessage & { upgrade?: boolean } }).res ?? {};
    if (statusCode === undefined) call.failed(new Error('The request was closed before a response arrived'));
    else if (upgrade) call.upgraded(statusCode);
  });
  return call;
}

function answered(call: ClientCall, response: IncomingMessage): void {
  call.annotate(connectionAttributes(response.socket, response.httpVersion));
  call.answered(response.statusCode ?? 0, response.headers['traceresponse']);
  response.once('end', () => call.ended());
  response.once('close', () => call.failed(response.errored ?? new Error('The response was cut off')));
}
