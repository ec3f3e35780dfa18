import { expect, test } from '@jest/globals';
import { until } from '@waymark/service-kit/testing/until';
import { readMetrics, valueOf, type Sample } from '../shop/metrics.ts';
import { startOwnShop } from './own-shop.ts';

const SERVICES = ['gateway', 'auth', 'order', 'inventory'] as const;

/** Failed orders by reason. */
const failures = (samples: Sample[]): Record<string, number> =>
  Object.fromEntries(
    samples.flatMap(({ name, labels, value }) => (name === 'shop_orders_failed_total' ? [[labels['shop_order_reason'], value]] : [])),
  );

const stock = (samples: Sample[]): number | undefined => valueOf(samples, 'shop_stock_available', { shop_product_sku: 'desk-lamp' });

test('the metrics of the shop say what happened to its requests, orders, payments, stock and jobs', async () => {
  const all = { OTEL_METRICS_EXPORTER: 'prometheus' };
  await using own = await startOwnShop({ all, order: { JOB_MAX_ATTEMPTS: '1' } });
  const { demo } = own;
  const metricsOf = (service: (typeof SERVICES)[number]): Promise<Sample[]> => readMetrics(own.shop.metrics![service]);

  const none = failures(await metricsOf('gateway'));
  expect(Object.values(none).every((value) => value === 0)).toBe(true);
  expect(Object.keys(none)).toEqual(expect.arrayContaining(['out_of_stock', 'upstream_unavailable', 'internal']));
  const stockBefore = stock(await metricsOf('inventory')) ?? 0;

  const placed = await demo.place('desk-lamp', 2);
  expect(await demo.ended(placed.body.id)).toMatchObject({ status: 'fulfilled' });
  const refused = await demo.place('last-lantern', 9);
  expect(refused.status).toBe(409);
  expect(await demo.ended((await demo.place('grand-piano')).body.id)).toMatchObject({ status: 'rejected' });
  expect(await demo.ended((await demo.place('lost-postcard')).body.id)).toMatchObject({ status: 'dead_letter' });
  for (const path of ['/v1/products/tea-pot', '/v1/products/tea-pot', '/v1/products/no-such-thing']) await demo.call('GET', path);
  for (const path of ['/v1/nothing/1', '/v1/nothing/2', '/v1/nothing/3']) await demo.call('GET', path);

  const gateway = await metricsOf('gateway');
  const post = { http_request_method: 'POST', http_route: '/v1/orders' };
  const count = 'http_server_request_duration_seconds_count';
  expect(valueOf(gateway, count, { ...post, http_response_status_code: '201' })).toBe(3);
  expect(valueOf(gateway, count, { ...post, http_response_status_code: '409' })).toBe(1);
  expect(failures(gateway)).toEqual({ ...none, out_of_stock: 1 });
  const notFound = gateway.filter(({ name, labels }) => name === count && labels['http_response_status_code'] === '404');
  expect(new Map(notFound.map(({ labels, value }) => [labels['http_route'], value]))).toEqual(
    new Map([
      ['/v1/products/{sku}', 1],
      [undefined, 3],
    ]),
  );
  const calls = { http_request_method: 'POST', url_template: '/orders', http_response_status_code: '201' };
  expect(valueOf(gateway, 'http_client_request_duration_seconds_count', calls)).toBe(3);

  const bucket = gateway.find(
    ({ name, labels, exemplar }) =>
      name.endsWith('_bucket') && exemplar && labels['http_route'] === post.http_route && labels['http_response_status_code'] === '409',
  );
  expect(bucket?.exemplar?.['trace_id']).toBe(refused.traceId);
  const trace = await own.traces.of(refused.traceId);
  expect(trace.spans.map(({ spanId }) => spanId)).toContain(bucket?.exemplar?.['span_id']);

  const order = await metricsOf('order');
  expect(valueOf(order, 'shop_orders_created_total')).toBe(3);
  for (const outcome of ['accepted', 'declined', 'failed'])
    expect(valueOf(order, 'shop_payments_total', { shop_payment_outcome: outcome })).toBe(1);
  expect(valueOf(order, 'waymark_jobs_due')).toBe(0);
  expect(valueOf(order, 'waymark_jobs_due_age_seconds')).toBe(0);
  expect(valueOf(order, 'waymark_jobs_dead_letters')).toBe(1);
  expect(valueOf(order, 'waymark_jobs_dead_letters_age_seconds')).toBeGreaterThan(0);
  expect(valueOf(order, 'db_client_connection_max', { db_client_connection_pool_name: 'main' })).toBe(10);
  expect(valueOf(order, 'db_client_connection_pending_requests', { db_client_connection_pool_name: 'main' })).toBe(0);
  const pool = { db_client_connection_pool_name: 'control' };
  const open = ['idle', 'used'].map((state) =>
    valueOf(order, 'db_client_connection_count', { ...pool, db_client_connection_state: state }),
  );
  expect(open.reduce((sum = 0, one = 0) => sum + one, 0)).toBeGreaterThan(0);
  expect(valueOf(order, 'db_client_operation_duration_seconds_count', { db_operation_name: 'INSERT' })).toBeGreaterThan(3);

  const after = await until(
    () => metricsOf('inventory'),
    (samples) => stock(samples) === stockBefore - 2,
    'the stock to be taken',
  );
  expect(valueOf(after, 'shop_stock_available', { shop_product_sku: 'last-lantern' })).toBe(1);
  const lookups = (result: string): number | undefined =>
    valueOf(after, 'shop_product_lookups_total', { shop_product_lookup_result: result });
  expect(lookups('miss')).toBeGreaterThan(0);
  expect((lookups('miss') ?? 0) + (lookups('hit') ?? 0)).toBe(2);
  expect([lookups('rejected'), lookups('false_positive')]).toEqual([1, 0]);
  for (const service of SERVICES) {
    const samples = await metricsOf(service);
    expect(valueOf(samples, 'otel_sdk_exporter_span_exported_total', { error_type: 'rejected' })).toBe(0);
    expect(valueOf(samples, 'otel_sdk_processor_span_processed_total', { error_type: 'queue_full' })).toBe(0);
    expect(valueOf(samples, 'target_info', { service_name: service })).toBe(1);
  }
}, 120_000);
