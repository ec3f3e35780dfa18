// @ts-check
import { element } from './element.js';

/** @type {PromiseWithResolvers<string>} */
const traceUi = Promise.withResolvers();

/** Sets the URL of the trace UI. Links that were created before get their address now. */
export const showTracesAt = traceUi.resolve;

/**
 * Creates a link to a trace that opens in a new tab.
 * @param {string} traceId
 * @param {string} text
 */
export function traceLink(traceId, text) {
  const link = element('a', { target: '_blank', rel: 'noopener', textContent: text });
  void traceUi.promise.then((url) => Object.assign(link, { href: `${url}/trace/${traceId}` }));
  return link;
}
