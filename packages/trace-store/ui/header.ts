import { byId } from './element.ts';

/** Lets the header's form open the trace whose id was put into it, with or without what people copy along. */
export function connectHeader(): void {
  const input = byId('go-to-id', HTMLInputElement);
  byId('go-to', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const traceId = traceIdIn(input.value);
    if (traceId) location.assign(`/trace/${encodeURIComponent(traceId)}`);
    else input.focus();
  });
}

/** The trace id in a text such as a URL, a log line or a `traceparent`; else the text itself. */
export const traceIdIn = (text: string): string => /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/i.exec(text)?.[0]?.toLowerCase() ?? text.trim();
