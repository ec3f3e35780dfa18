import type { ServiceName } from '@waymark/local-stack';
import type { OwnShop } from '../own-shop/own-shop.ts';
import type { Answer } from '../shop/shopper.ts';

/** A typical mistake, and what the verdict must say about it. */
export interface Mutation {
  readonly what: string;
  /** The cause that the verdict must name. Undefined if there is no mistake, so that nothing may be found. */
  readonly cause: RegExp | undefined;
  /** The fault of docs/faults.md that makes this mistake. */
  readonly fault?: string;
  /** Edits of the sources: file, old text, new text. */
  readonly edits?: readonly (readonly [file: string, from: string, to: string])[];
  readonly env?: Partial<Record<ServiceName | 'all', Record<string, string>>>;
  /** Called before the order is placed. */
  readonly before?: (own: OwnShop) => Promise<unknown>;
  /** Called while the order is being placed. */
  readonly meanwhile?: (own: OwnShop) => Promise<unknown>;
  /** Called when the order has been answered. */
  readonly after?: (own: OwnShop, answer: Answer | undefined) => Promise<unknown>;
  /** Judge the trace at the current time, and not as if more time had passed. */
  readonly atOnce?: true;
}

const APP = 'packages/service-kit/src/app.ts';
const CLIENT = 'packages/service-kit/src/client.ts';
const PLACE = 'services/order/src/place-order.ts';
const FULFIL = 'services/order/src/fulfil-order.ts';
const PAYMENT = 'services/order/src/payment-provider.ts';

const inOrder = `process.env['OTEL_SERVICE_NAME'] === 'order'`;
const COMPOSED = 'const dispatcher = agent.compose(dispatchOutside, traceRequests());';
/** Adds an interceptor between ours and the network, in the order service only. `change` edits the headers, an array of names and values. */
const atTheWire = (change: string): readonly [string, string, string] => [
  CLIENT,
  COMPOSED,
  `const dispatcher = agent.compose((dispatch) => (options, handler) => {
    const headers = options.headers as string[];
    const at = headers.indexOf('traceparent');
    if (${inOrder} && at >= 0) { ${change} }
    return dispatch({ ...options, headers }, handler);
  }, dispatchOutside, traceRequests());`,
];
const placed = (code: string): readonly [string, string, string] => [
  PLACE,
  '  annotate({ [ORDER_ID]: orderId });\n',
  `  annotate({ [ORDER_ID]: orderId });\n${code}\n`,
];
const fulfilled = (code: string): readonly [string, string, string] => [
  FULFIL,
  '  annotate({ [ORDER_ID]: orderId });\n',
  `  annotate({ [ORDER_ID]: orderId });\n${code}\n`,
];
const pause = (ms: number): string => `  await new Promise((resolve) => setTimeout(resolve, ${ms}));`;
const later = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

export const MUTATIONS: readonly Mutation[] = [
  { what: 'nothing', cause: undefined },
  {
    what: 'traced() removed from inventory',
    cause: /inventory answered order .* left no span: is its tracing middleware missing\?/,
    edits: [[APP, 'app.use(traced({ entry })).use', "if (api.service !== 'inventory') app.use(traced({ entry }));\n  app.use"]],
  },
  {
    what: 'interceptor forgotten in order',
    cause: /inventory "POST \/reservations" .* begins this trace, but inventory is not an entry: its caller did not send traceparent/,
    edits: [
      [CLIENT, COMPOSED, `const dispatcher = agent.compose(dispatchOutside, ${inOrder} ? (dispatch) => dispatch : traceRequests());`],
    ],
  },
  {
    what: 'order calls inventory with the global fetch',
    cause: /inventory "POST \/reservations" .* begins this trace, but inventory is not an entry/,
    edits: [
      [
        CLIENT,
        ': dispatcher.request(options));',
        `: ${inOrder}
        ? fetch(this.#baseUrl + path, { method: route.method, headers: options.headers as Record<string, string>, body: options.body as string }).then(async (one) => ({
            statusCode: one.status, headers: Object.fromEntries(one.headers), body: { text: () => one.text() },
          }))
        : dispatcher.request(options));`,
      ],
    ],
  },
  {
    what: 'traceparent dropped on the way from order',
    cause: /order "POST \/reservations" .* called inventory, which answered in another trace .*: traceparent was lost on the way/,
    fault: 'context-dropped',
  },
  {
    what: 'traceparent sent twice by order, and joined on the way',
    cause: /called inventory, which answered in another trace/,
    fault: 'context-injected-twice',
  },
  {
    what: 'traceparent of order is malformed',
    cause: /called inventory, which answered in another trace/,
    edits: [atTheWire("headers[at + 1] = 'hello';")],
  },
  {
    what: 'traceparent of order names a span that does not exist',
    cause: /orphan: its parent ffffffffffffffff is not in the trace/,
    edits: [atTheWire("headers[at + 1] = headers[at + 1]!.replace(/-[0-9a-f]{16}-/, '-ffffffffffffffff-');")],
  },
  {
    what: 'order sends the traceparent of the request before',
    cause: /called inventory, which answered in another trace/,
    fault: 'context-stale',
    before: ({ demo }) => demo.place('trail-map'),
  },
  {
    what: 'order killed while it places the order',
    cause: /nobody knows what order did with gateway `POST \/orders`/,
    edits: [placed(pause(2_000))],
    meanwhile: async ({ shop }) => later(300).then(() => shop.kill('order', 'SIGKILL')),
  },
  {
    what: 'inventory down',
    cause: /failed: order could not reach inventory \(ECONNREFUSED\), \d+ attempts/,
    before: ({ shop }) => shop.kill('inventory', 'SIGKILL'),
  },
  {
    what: 'an exception in the worker',
    cause: /retrying: attempt 1 of fulfil_order: order `process fulfil_order` failed \(TypeError: /,
    edits: [fulfilled("  if (orderId) throw new TypeError('lines is not iterable');")],
    atOnce: true,
  },
  {
    what: 'an order that waits for its retry',
    cause: /waiting for attempt 2 of fulfil_order, due in \d+ s/,
    edits: [fulfilled("  if (orderId) throw new TypeError('lines is not iterable');")],
    atOnce: true,
  },
  {
    what: 'a worker killed in an attempt',
    cause: /attempt 1 of fulfil_order \(its process was killed or lost its spans\)/,
    edits: [
      [FULFIL, 'import { releaseStockJob }', "import { existsSync, mkdirSync } from 'node:fs';\nimport { releaseStockJob }"],
      fulfilled("  if (!existsSync('killed')) { mkdirSync('killed'); process.kill(process.pid, 'SIGKILL'); }"),
    ],
    after: async ({ shop, demo }, answer) => {
      await later(3_000);
      await shop.restart('order');
      if (answer) await demo.ended((answer.body as { id: string }).id);
    },
  },
  {
    what: 'await forgotten before a call',
    cause: /order "POST \/reservations\/\{orderId\}\/commit".*(ends .* after its parent|came after it had ended)/,
    edits: [
      [FULFIL, '    await inventory.commit({ params: { orderId: id } });', '    void inventory.commit({ params: { orderId: id } });'],
    ],
  },
  {
    what: 'work in a timer after the answer',
    cause: /order "audit" .* came after it had ended/,
    edits: [
      [PLACE, 'import { activeTraceId, annotate, event } from', 'import { activeTraceId, annotate, event, span } from'],
      placed("  setTimeout(() => void span('audit', async () => undefined), 500);"),
    ],
  },
  {
    what: 'a span that never ends',
    cause: /1 of the \d+ spans of order `POST \/orders`/,
    edits: [
      [PLACE, 'import { activeTraceId, annotate, event } from', 'import { activeTraceId, annotate, event, span } from'],
      placed("  void span('audit', () => new Promise(() => undefined));"),
    ],
  },
  {
    what: 'a detached task that hangs',
    cause: /the detached task [0-9a-f]+ of order `POST \/orders`/,
    edits: [placed("  detach('audit', {}, () => new Promise(() => undefined));")],
  },
  {
    what: 'an error swallowed',
    cause: /order "charge payment" .* failed, but no span above it shows the error/,
    edits: [
      [PAYMENT, 'if (amountCents % 100 === 98 ||', 'if (attempt > 0 ||'],
      [
        FULFIL,
        'await charge(parts, order.id, order.totalCents);',
        "await charge(parts, order.id, order.totalCents).catch(() => 'accepted' as const);",
      ],
    ],
  },
  {
    what: 'a secret in an attribute',
    cause: /what looks like a bearer token in http\.request\.header\.authorization/,
    edits: [placed("  annotate({ 'http.request.header.authorization': 'Bearer c2VjcmV0LW9mLXRoZS1zaG9w' });")],
  },
  {
    what: 'more attributes than a span may have',
    cause: /dropped \d+ attributes/,
    edits: [placed('  annotate(Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`line.${at}`, at])));')],
  },
  {
    what: 'inventory exports nothing',
    cause: /the server span [0-9a-f]+ that answered order `POST \/reservations`/,
    env: { inventory: { OTEL_TRACES_EXPORTER: 'none' } },
  },
  {
    what: "order's exporter has a queue of two spans",
    cause: /of the \d+ spans of order|the span [0-9a-f]+ above (order|inventory)/,
    env: { order: { OTEL_BSP_MAX_QUEUE_SIZE: '2', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' } },
  },
  {
    what: 'order has no service name',
    cause: /no service name/,
    env: { order: { OTEL_SERVICE_NAME: '' } },
  },
  {
    what: "inventory's clock is five seconds ahead",
    cause: /The clock of inventory is about 5\.\d+ s ahead of that of /,
    fault: 'clock-skewed',
  },
  {
    what: 'a job without its carrier',
    cause: /consumed message .* but its sender is unknown/,
    fault: 'context-lost-in-job',
  },
  {
    what: 'context lost: the use case runs outside of the request',
    cause: /order "(POST|INSERT|SELECT).* begins this trace: it was made outside of any request/,
    fault: 'context-lost-in-callback',
  },
  {
    what: 'interceptors in the wrong order',
    cause: /order "(POST|INSERT|SELECT).* begins this trace: it was made outside of any request/,
    edits: [
      [
        CLIENT,
        COMPOSED,
        `const dispatcher = agent.compose(...(${inOrder} ? [traceRequests(), dispatchOutside] : [dispatchOutside, traceRequests()]));`,
      ],
    ],
  },
  {
    what: 'order samples nothing',
    cause: /order answered .* did not record/,
    env: { order: { OTEL_TRACES_SAMPLER: 'always_off' } },
  },
  {
    what: 'inventory is stuck',
    cause: /nobody knows what inventory did with order `POST \/reservations`/,
    before: ({ shop }) => shop.kill('inventory', 'SIGSTOP'),
  },
];
