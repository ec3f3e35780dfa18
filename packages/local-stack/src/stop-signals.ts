/** Ctrl-C, `kill`, the end of the terminal or of who reads our output: the first asks for a stop, another signal forces it. */
export interface StopSignals extends Disposable {
  readonly asked: AbortSignal;
  readonly forced: AbortSignal;
}

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A package manager between the terminal and us may pass on the Ctrl-C that we got ourselves. */
const SAME_KEYSTROKE_MS = 300;

export function stopSignals(): StopSignals {
  const asked = new AbortController();
  const forced = new AbortController();
  let since = 0;
  const onSignal = () => {
    if (asked.signal.aborted && performance.now() - since > SAME_KEYSTROKE_MS) forced.abort();
    if (!asked.signal.aborted) since = performance.now();
    asked.abort();
  };
  const onUnread = () => asked.abort();
  for (const name of names) process.on(name, onSignal);
  process.stdout.on('error', onUnread);
  return {
    asked: asked.signal,
    forced: forced.signal,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, onSignal);
      process.stdout.off('error', onUnread);
    },
  };
}
