import { subscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Attributes, Span } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions';
import type { Dispatcher } from 'undici';
import { fail } from '@waymark/context';
import { PEER_UNKNOWN } from '@waymark/semantic-conventions';
import type { Measure } from '../metrics/measure.ts';
import { attributeOf, failWithStatus } from '../span.ts';
import { connectionAttributes } from './conventions.ts';
import './one-traceparent.ts';
import { noteTraceresponse } from './traceresponse.ts';

/** Writes what happens to one request on its CLIENT span. */
export class ClientCall {
  readonly #span: Span;
  readonly #measure: Measure | undefined;
  #status: number | undefined;
  #awaiting = false;

  constructor(span: Span, measure: Measure | undefined) {
    this.#span = span;
    this.#measure = measure;
  }

  /** undici has found a connection, and is about to write the request. */
  started(): void {
    this.sent();
    writing = this.#span;
  }

  /** From here on, a server may work on the request. */
  sent(): void {
    this.#awaiting = true;
  }

  annotate(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  /** The head of the answer has come, possibly an informational one (1xx). */
  answered(status: number, traceresponse: string | string[] | undefined): void {
    if (status < 200) return;
    this.#awaiting = false;
    this.#status = status;
    this.#span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    noteTraceresponse(this.#span, traceresponse);
    if (status >= 400) failWithStatus(this.#span, status);
  }

  /** The connection now speaks another protocol. */
  upgraded(status: number): void {
    this.#status = status;
    this.#measured();
    if (!this.#span.isRecording()) return;
    this.#span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    this.#span.end();
  }

  /** The whole body has been read. */
  ended(): void {
    this.#measured();
    this.#span.end();
  }

  failed(error: unknown): void {
    // A retry turns an answer that has ended into an error: that error belongs to whoever made the request.
    if (!this.#span.isRecording()) return this.#measured(error);
    fail(this.#span, error);
    if (this.#awaiting) this.#span.setAttribute(PEER_UNKNOWN, true);
    this.#measured(error);
    this.#span.end();
  }

  #measured(error?: unknown): void {
    if (!this.#measure) return;
    const status = this.#status;
    const noted = attributeOf(this.#span, ATTR_ERROR_TYPE);
    // A span that is not sampled has no attributes.
    const unnoted = error ? '_OTHER' : status && status >= 400 ? String(status) : undefined;
    this.#measure(this.#span.spanContext(), { status, errorType: typeof noted === 'string' ? noted : unnoted });
  }
}

/** A socket, and what it adds to the spans of its requests. */
type Connection = Socket & Partial<TLSSocket> & { [CONNECTION]?: Attributes };

const CONNECTION = Symbol('waymark.connection');

/** The span of the request that undici is about to write. undici calls its handler and then, synchronously, publishes to this channel. */
let writing: Span | undefined;

subscribe('undici:client:sendHeaders', (message) => {
  const span = writing;
  writing = undefined;
  const { headers, socket } = message as { headers: string; socket: Connection };
  // If the handler has aborted our request, the message is about another one.
  if (!span?.isRecording() || !headers.includes(span.spanContext().spanId)) return;
  span.setAttributes((socket[CONNECTION] ??= connectionAttributes(socket, socket.alpnProtocol === 'h2' ? '2' : '1.1')));
});

/** What undici 6 takes for a handler. */
export interface LegacyHandler {
  onConnect?(abort: (reason?: Error) => void, context?: unknown): void;
  onUpgrade?(status: number, headers: unknown, socket: unknown): void;
  onResponseStarted?(): void;
  onHeaders?(status: number, headers: Buffer[], resume: () => void, message: string): boolean;
  onData?(chunk: Buffer): boolean;
  onComplete?(trailers: unknown): void;
  onError?(error: Error): void;
  onBodySent?(...args: unknown[]): void;
  onRequestSent?(): void;
}

/** A handler of undici 7 and 8 that writes on the span what happens, and passes it on. */
export class WatchedHandler extends ClientCall implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;

  constructor(span: Span, measure: Measure | undefined, handler: Dispatcher.DispatchHandler) {
    super(span, measure);
    this.#handler = handler;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: object): void {
    this.#handler.onRequestStart?.(controller, context);
    this.started();
  }

  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders, socket: Duplex): void {
    this.upgraded(status);
    this.#handler.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders, message?: string): void {
    this.answered(status, headers['traceresponse']);
    this.#handler.onResponseStart?.(controller, status, headers, message);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.ended();
    this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.failed(error);
    this.#handler.onResponseError?.(controller, error);
  }
}

/**
 * The same for a handler of undici 6, which the `fetch` of Node 22 and 24 has. undici 8 rejects such a handler and undici 6 takes no other,
 * so the result has the methods of both.
 */
export function watchedLegacy(span: Span, measure: Measure | undefined, handler: LegacyHandler): Dispatcher.DispatchHandler {
  const call = new ClientCall(span, measure);
  const legacy: LegacyHandler = {
    onConnect(abort, context) {
      handler.onConnect?.(abort, context);
      call.started();
    },
    onBodySent: (...args) => handler.onBodySent?.(...args),
    onRequestSent: () => handler.onRequestSent?.(),
    onUpgrade(status, headers, socket) {
      call.upgraded(status);
      handler.onUpgrade?.(status, headers, socket);
    },
    onResponseStarted: () => handler.onResponseStarted?.(),
    onHeaders(status, headers, resume, message) {
      call.answered(status, valueOf(headers, 'traceresponse'));
      return handler.onHeaders?.(status, headers, resume, message) ?? true;
    },
    onData: (chunk) => handler.onData?.(chunk) ?? true,
    onComplete(trailers) {
      call.ended();
      handler.onComplete?.(trailers);
    },
    onError(error) {
      call.failed(error);
      handler.onError?.(error);
    },
  };
  const modern: Dispatcher.DispatchHandler = {
    onRequestStart: (controller, context) => legacy.onConnect?.((reason) => controller.abort(reason ?? new Error('Aborted')), context),
    onRequestUpgrade: ({ rawHeaders }, status, headers, socket) => legacy.onUpgrade?.(status, rawPairs(rawHeaders, headers), socket),
    onResponseStart(controller, status, headers, message = '') {
      const flows = legacy.onHeaders?.(status, rawPairs(controller.rawHeaders, headers), () => controller.resume(), message);
      if (flows === false) controller.pause();
    },
    onResponseData(controller, chunk) {
      if (legacy.onData?.(chunk) === false) controller.pause();
    },
    onResponseEnd: ({ rawTrailers }, trailers) => legacy.onComplete?.(rawPairs(rawTrailers, trailers)),
    onResponseError: (_controller, error) => legacy.onError?.(error),
  };
  return { ...legacy, ...modern };
}

/** Headers as undici 6 hands them over: names and values that follow one another, as they came over the wire if that is known. */
function rawPairs(raw: unknown, headers: Readonly<Record<string, string | string[] | undefined>> | undefined): Buffer[] {
  if (Array.isArray(raw)) return raw as Buffer[];
  const pairs = Object.entries(headers ?? {}).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
  return pairs.map((text) => Buffer.from(text, 'latin1'));
}

/** A header among names and values that follow one another. */
function valueOf(headers: readonly Buffer[], name: string): string | undefined {
  const at = headers.findIndex((one, index) => index % 2 === 0 && String(one).toLowerCase() === name);
  return at < 0 ? undefined : String(headers[at + 1]);
}
