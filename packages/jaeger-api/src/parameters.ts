/** A request that is answered with 400 and this message. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
}

/** A kind of parameter. `parse` returns undefined for an invalid value. */
export interface Kind<T> {
  /** Completes a sentence such as "limit should …". */
  readonly should: string;
  readonly parse: (text: string) => T | undefined;
}

/** The value of a parameter. Throws `BadQuery` if it is invalid. */
export function valueOf<T>(name: string, text: string, { should, parse }: Kind<T>): T {
  const value = parse(text);
  if (value === undefined) throw new BadQuery(`${name} should ${should}, but is ${JSON.stringify(text)}`);
  return value;
}

export const INTEGER: Kind<bigint> = {
  should: 'be a whole number of at most 64 bits',
  parse: (text) => (/^[+-]?\d{1,19}$/.test(text) ? within64Bits(BigInt(text.replace(/^\+/, ''))) : undefined),
};

const within64Bits = (value: bigint): bigint | undefined => (BigInt.asIntN(64, value) === value ? value : undefined);

/** How many traces at most. */
export const COUNT: Kind<number> = {
  should: 'be a whole number from 1 to 2147483647',
  parse: (text) => (/^\+?\d{1,10}$/.test(text) && +text > 0 && +text < 2 ** 31 ? +text : undefined),
};

export const BOOLEAN: Kind<boolean> = {
  should: 'be true or false',
  parse: (text) => (/^(1|t|true)$/i.test(text) ? true : /^(0|f|false)$/i.test(text) ? false : undefined),
};

/** A trace id of 64 or 128 bits, as 32 hex digits in lower case. */
export const TRACE_ID: Kind<string> = {
  should: 'have 32 hex digits, or 16',
  parse: (text) => (/^([0-9a-f]{16}|[0-9a-f]{32})$/i.test(text) ? text.toLowerCase().padStart(32, '0') : undefined),
};

const UNITS = { ns: 1n, us: 1_000n, µs: 1_000n, μs: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };
const PART = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g;

/** A duration such as `1.5s` or `1h10m`, in nanoseconds. */
export const DURATION: Kind<bigint> = {
  should: 'be a duration such as 1.5s, 100ms or 1h10m',
  parse: (text) => {
    if (text === '0') return 0n;
    if (!/^[+-]?((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text) || text.length > 60) return undefined;
    const parts = [...text.matchAll(PART)].map(([, whole = '', fraction = '', unit]) => {
      const scale = UNITS[unit as keyof typeof UNITS];
      return BigInt(whole || '0') * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length);
    });
    const sum = parts.reduce((total, part) => total + part, 0n);
    return within64Bits(text.startsWith('-') ? -sum : sum);
  },
};

/** A time as in RFC 3339, with a time zone, in nanoseconds since 1970. */
export const TIME: Kind<bigint> = {
  should: 'be a time such as 2026-01-31T08:00:00Z',
  parse: (text) => {
    const match = /^(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text);
    if (!match) return undefined;
    const [, local = '', fraction = '', zone = ''] = match;
    const date = new Date(`${local}Z`);
    // A day such as February 30 becomes one in March.
    if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 19) !== local) return undefined;
    const offset = zone === 'Z' ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
    return BigInt(date.getTime() - offset * 60_000) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
  },
};

/** A JSON object of texts. */
export const TEXTS: Kind<ReadonlyMap<string, string>> = {
  should: 'be a JSON object whose values are strings',
  parse: (text) => {
    try {
      const value: unknown = JSON.parse(text);
      if (value === null) return new Map();
      if (typeof value !== 'object' || Array.isArray(value)) return undefined;
      const entries = Object.entries(value);
      return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string') ? new Map(entries) : undefined;
    } catch {
      return undefined;
    }
  },
};

/** A trace id as Jaeger's v1 API writes it: a 64-bit one has 16 digits. */
export const shortTraceId = (traceId: string): string => traceId.replace(/^0{16}/, '');
