import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '../provider/interfaces.ts';

/** Passes spans on to processors that are added while tracing runs. */
export class AddedProcessors implements SpanProcessor {
  readonly #added: SpanProcessor[] = [];

  add(processors: readonly SpanProcessor[]): void {
    this.#added.push(...processors);
  }

  onStart(span: Span, parentContext: Context): void {
    for (const processor of this.#added) processor.onStart(span, parentContext);
  }

  onEnding(span: Span): void {
    for (const processor of this.#added) processor.onEnding?.(span);
  }

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#added) processor.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#added.map((processor) => processor.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#added.map((processor) => processor.shutdown()));
  }
}
