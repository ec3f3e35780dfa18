import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { context, createContextKey, propagation, ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { outside } from './bind.ts';
import { frozenCopy, type Frozen, type Immutable } from './immutable.ts';
import { RequestContext } from './request-context.ts';
import { ERROR_TYPE, fail, startSpan } from './span.ts';
import { within } from './within.ts';

/**
 * Set in the parent context of a span that begins a segment of its own, although its parent is of this process (docs/manifest.md). Whoever
 * counts the spans of segments reads it.
 */
export const BEGINS_SEGMENT = createContextKey('waymark.segment.begins');

/** How many detached tasks may run at once in a process. */
export const DETACHED_MAX = 1_000;

/** Too many detached tasks run; this one was not started. */
export class TooManyDetachedTasksError extends Error {
  override readonly name = 'TooManyDetachedTasksError';
  constructor(task: string) {
    super(
      `The detached task "${task}" was not started: ${DETACHED_MAX} are running. They are begun faster than they end: await the work, or store it as a job.`,
    );
  }
}

interface Task {
  readonly name: string;
  readonly span: Span;
  readonly controller: AbortController;
  done: Promise<void>;
}

const running = new Set<Task>();

/** The detached tasks of this process. */
export const detachedTasks = {
  /** How many run now. */
  get running(): number {
    return running.size;
  },
};

const current = new AsyncLocalStorage<Task | undefined>();

/** Whether the code that runs now is part of a detached task. */
export function inDetachedTask(): boolean {
  return current.getStore() !== undefined;
}

/** Runs `fn` outside of the current detached task. For Koa's own work when a task closes the answer. */
export function outsideDetachedTask<T>(fn: () => T): T {
  return current.run(undefined, fn);
}

/**
 * Starts work that outlives the request: `fn` gets a frozen copy of `input`, and runs with the trace, the baggage and the RequestContext
 * of this moment, and nothing else of the request. Its span is a child of the active one and begins a segment of its own
 * (docs/manifest.md). Nobody awaits it: its error is on its span and nowhere else, and only `drainDetached` waits for it.
 * @param input what `fn` needs: plain values, never the Koa `ctx`, which belongs to the request
 * @param fn is given a signal that is aborted when the process must end
 * @throws {TooManyDetachedTasksError} beyond `DETACHED_MAX` running tasks
 * @throws {TypeError} for an input that is no `Immutable`
 */
export function detach<I extends Immutable>(
  name: string,
  input: I,
  fn: (input: Frozen<I>, task: { signal: AbortSignal }) => unknown,
): void {
  if (running.size >= DETACHED_MAX) throw new TooManyDetachedTasksError(name);
  const frozen = frozenCopy(input, `The input of the detached task "${name}"`);
  const request = RequestContext.current();
  const parent = traceAndBaggage();
  const span = startSpan(name, {}, parent.setValue(BEGINS_SEGMENT, true));
  const controller = new AbortController();
  const task: Task = { name, span, controller, done: Promise.resolve() };
  running.add(task);
  const run = async (): Promise<void> => work(task, () => fn(frozen as Frozen<I>, { signal: controller.signal }));
  task.done = outside(() => current.run(task, () => request.run(() => context.with(trace.setSpan(parent, span), run))));
}

/** Of the active context. What other libraries keep in it belongs to the request. */
function traceAndBaggage(): Context {
  const active = context.active();
  const span = trace.getSpan(active);
  const baggage = propagation.getBaggage(active);
  let taken = ROOT_CONTEXT;
  if (span) taken = trace.setSpan(taken, span);
  if (baggage) taken = propagation.setBaggage(taken, baggage);
  return taken;
}

async function work(task: Task, fn: () => unknown): Promise<void> {
  try {
    await fn();
  } catch (error) {
    fail(task.span, error);
  } finally {
    if (running.delete(task)) task.span.end();
  }
}

/**
 * Waits until no detached task runs, also none that was started meanwhile. After `deadlineMs` milliseconds those that still run are cut
 * off: their signal is aborted, and their span ends with `error.type` = `cut_off`.
 * @returns the names of the tasks that were cut off
 */
export async function drainDetached(deadlineMs: number): Promise<string[]> {
  const end = performance.now() + deadlineMs;
  for (let left = deadlineMs; running.size > 0 && left > 0; left = end - performance.now()) {
    await within(left, Promise.all([...running].map(({ done }) => done)));
  }
  return cutOff([...running]);
}

async function cutOff(tasks: readonly Task[]): Promise<string[]> {
  for (const task of tasks) {
    running.delete(task);
    task.controller.abort(new Error(`The detached task "${task.name}" was cut off: the process ends`));
  }
  // Whoever heeds the signal ends its own spans first.
  await setImmediate();
  for (const { span } of tasks) {
    span.setAttribute(ERROR_TYPE, 'cut_off');
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'The process ended before the task did' });
    span.end();
  }
  return tasks.map(({ name }) => name);
}
