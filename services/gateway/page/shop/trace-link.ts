import { byId, element } from '@waymark/page-kit/element';

const traceUi = Promise.withResolvers<string>();

/** Sets where people read traces. Links that were created before get their address now. */
export function showTraceUi(url: string) {
  Object.assign(byId('traces', HTMLAnchorElement), { href: url, hidden: false });
  traceUi.resolve(url);
}

/** Creates a link to a trace that opens in a new tab. */
export function traceLink(traceId: string, text: string) {
  const link = element('a', { target: '_blank', rel: 'noopener', textContent: text });
  void traceUi.promise.then((url) => Object.assign(link, { href: `${url}/trace/${traceId}` }));
  return link;
}
