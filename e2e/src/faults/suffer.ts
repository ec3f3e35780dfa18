import { join } from 'node:path';
import type { Order } from '@waymark/contracts';
import { readFaults, type Fault } from '@waymark/faults';
import type { Trace } from '@waymark/trace-model';
import { readFile } from 'node:fs/promises';
import { until } from '@waymark/service-kit/testing/until';
import { startOwnShop, type OwnShop } from '../own-shop/own-shop.ts';
import { allTraces } from '../shop/all-traces.ts';
import type { Answer } from '../shop/shopper.ts';

const FILE = join(import.meta.dirname, '../../../deploy/faults.flagd.json');

/** All faults, as they are in the repository. */
export const faultsInFile = async (): Promise<Fault[]> => readFaults(await readFile(FILE, 'utf8'));

/** Starts a shop in which faults are allowed. */
export const startFaultyShop = (): Promise<OwnShop> => startOwnShop({ all: { FAULTS_FILE: FILE } });

/** An order that suffered a fault. */
export interface Suffered {
  readonly answer: Answer<Order>;
  /** The order when it has ended, if it was placed. */
  readonly order: Order | undefined;
}

/** In milliseconds: OpenTelemetry's SDK is trusted to 25 ms, and what ends later than that is noticed. */
const LONG_OVER = 50;

/** Places an order, and then one that suffers a fault, which may use the context of a request that has long been over. */
export async function suffer({ demo }: OwnShop, fault: string): Promise<Suffered> {
  const before = await demo.place('field-notebook');
  await demo.ended(before.body.id);
  const endedAt = performance.now();
  await until(
    () => performance.now() - endedAt,
    (ms) => ms > LONG_OVER,
    'the requests before to be long over',
  );
  const answer = await demo.place('field-notebook', 1, undefined, { 'x-waymark-fault': fault });
  return { answer, order: answer.status === 201 ? await demo.ended(answer.body.id) : undefined };
}

/** The traces that an order with a fault left: its own, and another one in which a part of its work ended up. */
export interface Left {
  readonly trace: Trace;
  readonly elsewhere: Trace | undefined;
}

/** Reads what has arrived by now. */
export async function tracesLeft(own: OwnShop, { answer }: Suffered, fault: string): Promise<Left> {
  const trace = await own.traces.now(answer);
  const others = (await allTraces(own.tracesUrl)).filter(({ traceId }) => traceId !== trace.traceId);
  return { trace, elsewhere: others.find((one) => belongs(one, trace, fault)) };
}

function belongs(other: Trace, trace: Trace, fault: string): boolean {
  const peers = trace.spans.map(({ attributes }) => attributes['waymark.peer.trace']);
  const sent = trace.spans.filter(({ kind }) => kind === 'PRODUCER');
  const messages = new Set(sent.map(({ attributes }) => attributes['messaging.message.id']));
  const asked = other.spans.some(({ kind, attributes }) => kind === 'SERVER' && attributes['waymark.requested_faults'] !== undefined);
  return (
    peers.includes(other.traceId) ||
    other.spans.some(
      ({ kind, attributes }) =>
        (attributes['waymark.fault'] === fault && !asked) ||
        (kind === 'CONSUMER' && attributes['waymark.job.trace_mode'] !== 'link' && messages.has(attributes['messaging.message.id'])),
    )
  );
}
