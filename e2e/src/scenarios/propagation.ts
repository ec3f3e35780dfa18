import { randomBytes } from 'node:crypto';
import { LISTING } from './parts.ts';
import type { Scenario } from './scenario.ts';

const list = (title: string, headers: Record<string, string>, spans: Scenario['spans'] = []): Scenario => ({
  title,
  ask: ({ anonymous }) => anonymous.call('GET', '/v1/products', { headers }),
  status: 200,
  tree: LISTING,
  spans,
});

const malformed = (traceparent: string): Scenario => list(`a malformed traceparent (${traceparent}), which is ignored`, { traceparent });

/** The context of a caller that exports no spans. */
const CALLER = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

export const propagation: Scenario[] = [
  list('a valid traceparent, to which the new trace links', { traceparent: CALLER, tracestate: 'vendor=7' }, [
    { service: 'gateway', kind: 'SERVER', attributes: { 'waymark.entry': true } },
  ]),
  malformed('00-0-0-01'),
  malformed('00-00000000000000000000000000000000-00f067aa0ba902b7-01'),
  malformed('ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
  malformed('hello'),
  list('baggage, of which only allowed entries are passed on', { baggage: 'waymark.traffic=test,token=abc,email=demo@waymark.test' }, [
    { service: 'inventory', kind: 'SERVER', attributes: { 'waymark.traffic': 'test' } },
  ]),
  {
    title: 'a query string, which is not recorded on any span',
    ask: ({ anonymous }) => anonymous.call('GET', '/v1/products?password=hunter2'),
    status: 200,
    tree: LISTING,
  },
];
