/**
 * A weather page that asks a forecast service. For simplicity, both are in one process.
 *
 *     npm install && npm start
 *     curl -i http://localhost:3000/weather/oslo
 *
 * The response's `x-trace-id` is the trace's id. The trace has a SERVER span for the page, a CLIENT span for the call, and a SERVER span for the forecast.
 */
import { once } from 'node:events';
import { annotate, shutdownTracing, span } from '@waymark/tracing';
import { traced } from '@waymark/tracing/fastify';
import { traceFetch } from '@waymark/tracing/fetch';
import Fastify from 'fastify';

interface Forecast {
  readonly city: string;
  readonly celsius: number;
}

traceFetch();

const forecasts = Fastify();
await forecasts.register(traced());
forecasts.get<{ Params: { city: string } }>('/forecasts/:city', ({ params }) => ({ city: params.city, celsius: params.city.length }));
const forecastUrl = await forecasts.listen({ port: 0 });

const pages = Fastify();
await pages.register(traced({ entry: true })); // strangers call it: each request begins a new trace
pages.get<{ Params: { city: string } }>('/weather/:city', async ({ params }) => {
  const response = await fetch(`${forecastUrl}/forecasts/${encodeURIComponent(params.city)}`);
  const { city, celsius } = (await response.json()) as Forecast;
  return span('write the page', async () => {
    annotate({ 'weather.celsius': celsius });
    return `${city}: ${celsius} °C\n`;
  });
});
console.log(await pages.listen({ port: Number(process.env['PORT'] ?? 3000) }));

await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
await Promise.all([pages.close(), forecasts.close()]);
await shutdownTracing(); // delivers the last spans
