import { byId, element } from '@waymark/page-kit/element';

const traceUi = Promise.withResolvers<string>();

/**
 * Asks the shop where people read traces. Links that were created before get their address now.
 * Without an answer the page works, but its traces have no links until this is called again.
 */
export async function findTraceUi() {
  const answer = await fetch('/page-config.json').catch(() => undefined);
  if (!answer?.ok) return;
  const { traceUiUrl } = await answer.json();
  Object.assign(byId('traces', HTMLAnchorElement), { href: traceUiUrl, hidden: false });
  traceUi.resolve(traceUiUrl);
}

/** Creates a link to a trace that opens in a new tab. */
export function traceLink(traceId: string, text: string) {
  const link = element('a', { target: '_blank', rel: 'noopener', textContent: text });
  void traceUi.promise.then((url) => Object.assign(link, { href: `${url}/trace/${traceId}` }));
  return link;
}
