import { encodeRequest } from '@waymark/span-store/testing';
import { send } from './ask.ts';
import { SCENARIOS } from './scenarios.ts';

/** Sends all scenarios to an OTLP receiver, in order: the first as JSON, as the browser's SDK sends it, the others as protobuf. */
export async function sendScenarios(otlpUrl: string): Promise<void> {
  for (const [index, { request }] of SCENARIOS.entries()) {
    await send(otlpUrl, index === 0 ? JSON.stringify(request) : encodeRequest(request));
  }
}
