export type Env = NodeJS.ProcessEnv;
export type Warn = (message: string) => void;

/** Warns of a variable whose value makes no sense. It counts as unset (OpenTelemetry environment variables). */
export function warnOfSettings(message: string): void {
  process.emitWarning(message, { code: 'WAYMARK_SETTINGS' });
}

/** The value of a variable; empty counts as unset. */
export function textFrom(env: Env, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** Whether a variable says `true`. */
export function isTrue(env: Env, name: string, warn: Warn): boolean {
  const text = textFrom(env, name)?.toLowerCase();
  if (text !== undefined && text !== 'true' && text !== 'false') warn(`${name} is "${text}", which is ignored: it takes true or false`);
  return text === 'true';
}

/** The items of a list with commas between them. */
export function listFrom(env: Env, name: string): string[] {
  return (env[name] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

/** The known items of a list, or the preset if there are none. */
export function knownOf(env: Env, name: string, known: readonly string[], preset: readonly string[], warn: Warn): readonly string[] {
  const listed = listFrom(env, name);
  const unknown = listed.filter((item) => !known.includes(item));
  if (unknown.length > 0) warn(`${name} has "${unknown.join(', ')}", which is ignored: it takes ${orList(known)}`);
  const kept = [...new Set(listed)].filter((item) => known.includes(item));
  return kept.length > 0 ? kept : preset;
}

/** One of several values. */
export function oneOf(env: Env, name: string, known: readonly string[], warn: Warn): string | undefined {
  const text = textFrom(env, name);
  if (text === undefined || known.includes(text)) return text;
  warn(`${name} is "${text}", which is ignored: it takes ${orList(known)}`);
  return undefined;
}

/** A whole number. */
export function wholeNumber(env: Env, name: string, { least, preset }: { least: number; preset: number }, warn: Warn): number {
  const text = textFrom(env, name);
  if (text === undefined) return preset;
  const value = Number(text);
  // A timer takes at most 2^31 - 1 milliseconds.
  if (Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
  warn(`${name} is "${text}", which is ignored: it takes a whole number from ${least}. The default is ${preset}.`);
  return preset;
}

const orList = (items: readonly string[]): string => `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
