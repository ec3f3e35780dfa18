import { span, type SpanDetails, type SpanSketch } from './spans.ts';

const http = (status: number) => ({
  'http.request.method': 'POST',
  'url.path': '/orders',
  'url.scheme': 'http',
  'http.response.status_code': status,
});
const call = (status: number) => ({
  'http.request.method': 'POST',
  'url.full': 'http://order:8082/orders',
  'server.address': 'order',
  'server.port': 8082,
  'http.response.status_code': status,
});

interface OrderParts {
  readonly status?: number;
  readonly failed?: SpanDetails;
  readonly insert?: string;
}

/** An order as it goes through a gateway, a service and its database: five spans. */
export const order = ({ status = 201, failed = {}, insert = 'INSERT orders' }: OrderParts = {}): SpanSketch =>
  span('gateway', 'SERVER', 'POST /v1/orders', { ...http(status), 'http.route': '/v1/orders' }, [
    span('gateway', 'CLIENT', 'POST', call(status), [
      span(
        'order',
        'SERVER',
        'POST /orders',
        { ...http(status), 'http.route': '/orders' },
        [span('order', 'CLIENT', 'SELECT orders', database('SELECT')), span('order', 'CLIENT', insert, database('INSERT'), [], failed)],
        failed,
      ),
    ]),
  ]);

const database = (operation: string) => ({ 'db.system.name': 'postgresql', 'db.namespace': 'order', 'db.operation.name': operation });
