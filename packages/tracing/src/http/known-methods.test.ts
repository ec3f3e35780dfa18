import { expect, test } from '@jest/globals';
import { Agent } from 'undici';
import { serve } from '../testing/http-server.ts';

// The modules read it when they are loaded.
process.env['OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS'] = 'GET, PROPFIND,REPORT';
const { recordSpans } = await import('../testing/recorded-spans.ts');
const { traceRequests } = await import('./undici.ts');
const { tracedApp } = await import('../testing/traced-app.ts');

const recorded = recordSpans();

test('OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS replaces the list of methods, for servers and clients', async () => {
  await using server = await serve(tracedApp((ctx) => void (ctx.status = 204)).callback());
  const agent = new Agent();
  const traced = agent.compose(traceRequests());
  for (const method of ['PROPFIND', 'REPORT', 'GET', 'POST']) {
    const { body } = await traced.request({ origin: server.origin, path: '/', method });
    await body.dump();
    const spans = await recorded.take(2);
    const isKnown = method !== 'POST';
    expect(spans.map(({ name }) => name)).toEqual(Array(2).fill(isKnown ? method : 'HTTP'));
    for (const { attributes } of spans) {
      expect(attributes['http.request.method']).toBe(isKnown ? method : '_OTHER');
      expect(attributes['http.request.method_original']).toBe(isKnown ? undefined : method);
    }
  }
  await agent.destroy();
});
