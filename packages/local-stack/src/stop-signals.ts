/** Stop requests: Ctrl-C, `kill`, or the end of the terminal or of the pipe that reads our output. The first asks for a stop; a second signal forces it. */
export interface StopSignals extends Disposable {
  readonly asked: AbortSignal;
  readonly forced: AbortSignal;
}

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A package manager may pass on the same Ctrl-C that this process already got from the terminal. */
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
