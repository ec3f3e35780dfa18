export type Env = NodeJS.ProcessEnv;
export type Warn = (message: string) => void;

/** Warns of an invalid variable. Invalid values count as unset (OpenTelemetry's specification of environment variables). */
export function warnOfSettings(message: string): void {
  process.emitWarning(message, { code: 'WAYMARK_SETTINGS' });
}

/** Returns the value of a variable. Empty counts as unset. */
export function textFrom(env: Env, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** Whether a variable is `true`. */
export function isTrue(env: Env, name: string, warn: Warn): boolean {
  const text = textFrom(env, name)?.toLowerCase();
  if (text !== undefined && text !== 'true' && text !== 'false') warn(`${name} is "${text}", which is ignored: use true or false`);
  return text === 'true';
}

/** Returns the items of a comma-separated list. */
export function listFrom(env: Env, name: string): string[] {
  return (env[name] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

/** Returns the known items of a list, or the default if there are none. Warns of unknown items. */
export function knownOf(env: Env, name: string, known: readonly string[], preset: readonly string[], warn: Warn): readonly string[] {
  const listed = listFrom(env, name);
  const unknown = listed.filter((item) => !known.includes(item));
  if (unknown.length > 0) warn(`${name} has "${unknown.join(', ')}", which is ignored: use ${orList(known)}`);
  const kept = [...new Set(listed)].filter((item) => known.includes(item));
  return kept.length > 0 ? kept : preset;
}

/** Returns one of the known values, or the default. Warns of an unknown value. */
export function oneOf(env: Env, name: string, known: readonly string[], preset: string, warn: Warn): string {
  const text = textFrom(env, name) ?? preset;
  if (known.includes(text)) return text;
  warn(`${name} is "${text}", which is ignored: use ${orList(known)}`);
  return preset;
}

/** Returns a whole number, or the default. Warns of anything else. */
export function wholeNumber(env: Env, name: string, { least, preset }: { least: number; preset: number }, warn: Warn): number {
  const text = textFrom(env, name);
  if (text === undefined) return preset;
  const value = Number(text);
  // Node's timers accept at most 2^31 - 1 milliseconds.
  if (Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
  warn(`${name} is "${text}", which is ignored: use a whole number from ${least}. The default is ${preset}.`);
  return preset;
}

const orList = (items: readonly string[]): string => `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
