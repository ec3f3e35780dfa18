import { byId } from '@waymark/page-kit/element';

/** Lets the form in the header open a trace by its id. The text may be more than the id, such as a URL. */
export function connectHeader(): void {
  const input = byId('go-to-id', HTMLInputElement);
  byId('go-to', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const traceId = traceIdIn(input.value);
    if (traceId) location.assign(`/trace/${encodeURIComponent(traceId)}`);
    else input.focus();
  });
}

/** The trace id in a URL, a log line or a `traceparent`. Without one, the text itself. */
export const traceIdIn = (text: string): string => /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/i.exec(text)?.[0]?.toLowerCase() ?? text.trim();
