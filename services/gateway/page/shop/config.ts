import { offerFaults, type Fault } from './break-it.ts';
import { showTraceUi } from './trace-link.ts';

/**
 * Asks the shop where people read traces, and which faults it allows. Without an answer the page works, but its traces have no links until
 * this is called again.
 */
export async function readConfig() {
  const answer = await fetch('/page-config.json').catch(() => undefined);
  if (!answer?.ok) return;
  const { traceUiUrl, faults } = (await answer.json()) as { traceUiUrl: string; faults: Fault[] };
  showTraceUi(traceUiUrl);
  offerFaults(faults);
}
