import { randomBytes } from 'node:crypto';
import { encodeRequest } from '@waymark/trace-store/testing';

const SPANS_PER_TRACE = 16;
const START = 1_763_800_000_000_000_000n;

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const number = (key: string, intValue: number): object => ({ key, value: { intValue } });

const RESOURCE = {
  attributes: [
    text('service.name', 'order'),
    text('service.version', '1.0.0'),
    text('telemetry.sdk.language', 'nodejs'),
    number('process.pid', 7),
  ],
};

/** Creates protobuf requests with `spans` spans in all, like those of a busy HTTP service: 16 spans per trace, 8 attributes per span. */
export function batches(spans: number, perRequest: number): Buffer[] {
  const all = Array.from(spansOfTraces(spans));
  return Array.from({ length: Math.ceil(spans / perRequest) }, (_, index) =>
    encodeRequest({
      resourceSpans: [
        {
          resource: RESOURCE,
          scopeSpans: [
            { scope: { name: '@waymark/tracing', version: '0.0.0' }, spans: all.slice(index * perRequest, (index + 1) * perRequest) },
          ],
        },
      ],
    }),
  );
}

function* spansOfTraces(count: number): Generator<object> {
  let traceId = '';
  let parentSpanId = '';
  for (let index = 0; index < count; index++) {
    const place = index % SPANS_PER_TRACE;
    if (place === 0) traceId = randomBytes(16).toString('hex');
    const spanId = randomBytes(8).toString('hex');
    yield span(traceId, spanId, place === 0 ? {} : { parentSpanId }, START + BigInt(index) * 1_000n, place);
    parentSpanId = spanId;
  }
}

const span = (traceId: string, spanId: string, parent: object, start: bigint, place: number): object => ({
  traceId,
  spanId,
  ...parent,
  name: `POST /orders/${place}`,
  kind: 1 + (place % 5),
  startTimeUnixNano: String(start),
  endTimeUnixNano: String(start + 500_000n),
  flags: 257,
  status: {},
  attributes: [
    text('http.request.method', 'POST'),
    text('url.path', '/v1/orders'),
    text('url.scheme', 'http'),
    text('http.route', '/v1/orders'),
    number('http.response.status_code', 201),
    text('server.address', '127.0.0.1'),
    number('server.port', 8080),
    number('waymark.segment.spans', 7),
  ],
});
