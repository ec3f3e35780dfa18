import { z } from 'zod';

const ms = z.number().int().min(1).max(60_000);
/** How often: the share of the hits, from 0 to 1, and how many times in one trace. Without them: always. */
const often = { share: z.number().gt(0).max(1).optional(), times: z.number().int().min(1).optional() };

const effect = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('latency'), ms, ...often }),
  z.strictObject({ do: z.literal('burn'), ms, ...often }),
  z.strictObject({ do: z.literal('error'), status: z.union([z.literal(500), z.literal(503)]), ...often }),
  z.strictObject({ do: z.literal('abort'), ...often }),
  z.strictObject({ do: z.literal('lose-answer'), ...often }),
  z.strictObject({ do: z.literal('lose-context'), ...often }),
  z.strictObject({ do: z.literal('borrow-context'), ...often }),
  z.strictObject({ do: z.literal('drop-context'), ...often }),
  z.strictObject({ do: z.literal('inject-twice'), ...often }),
  z.strictObject({ do: z.literal('stale-context'), ...often }),
  z.strictObject({ do: z.literal('unreachable'), ...often }),
  z.strictObject({ do: z.literal('poison'), ...often }),
  z.strictObject({ do: z.literal('answer'), value: z.json(), ...often }),
  z.strictObject({ do: z.literal('lose-spans'), ...often }),
  z.strictObject({ do: z.literal('skew-clock'), ms: z.number().int(), ...often }),
]);

/** What a fault does where it hits. */
export type Effect = z.output<typeof effect>;

/** Where a fault can hit, and what it can do there. */
const PLACES = {
  /** A route of the service, by its name in the contract: `route introspect`. */
  route: ['latency', 'burn', 'error', 'abort', 'lose-answer', 'lose-context'],
  /** A call to another service, by its name and route: `call inventory.reserve`. */
  call: ['latency', 'unreachable', 'drop-context', 'inject-twice', 'stale-context'],
  /** A statement of the service, by some of its words: `query insert into orders`. */
  query: ['latency', 'borrow-context'],
  /** Adding a job: `send fulfil_order`. */
  send: ['drop-context'],
  /** An attempt at a job: `job fulfil_order`. */
  job: ['latency', 'error', 'poison'],
  /** Something else that the service uses: `dependency payments.charge`. */
  dependency: ['latency', 'error', 'answer'],
  /** The spans that the service makes: `export spans`. */
  export: ['lose-spans', 'skew-clock'],
} as const satisfies Record<string, readonly Effect['do'][]>;

type PlaceKind = keyof typeof PLACES;
/** Where a fault hits: a kind of place and its name, such as `route introspect`. */
export type Place = `${PlaceKind} ${string}`;

const PLACE = new RegExp(`^(${Object.keys(PLACES).join('|')}) \\S`);

const fault = z
  .strictObject({
    service: z.string(),
    at: z.custom<Place>((at) => PLACE.test(String(at)), 'is not a place, such as "route introspect"'),
    effects: z.array(effect).min(1),
  })
  .superRefine(({ at, effects }, context) => {
    const possible: readonly string[] = PLACES[at.split(' ', 1)[0] as PlaceKind] ?? [];
    for (const { do: what } of effects)
      if (!possible.includes(what)) context.addIssue(`"${what}" cannot be done at "${at}", only ${possible.join(', ')}`);
  });

const flag = z.looseObject({
  state: z.literal('ENABLED'),
  variants: z.strictObject({ on: fault, off: z.strictObject({}) }),
  defaultVariant: z.enum(['on', 'off']),
  targeting: z.unknown().optional(),
  metadata: z.strictObject({
    /** What it does, in a few words. */
    title: z.string(),
    /** What the user sees, what the trace shows, which metric shows it, and how to recognise it in a real system: for docs/faults.md. */
    user: z.string(),
    trace: z.string(),
    metric: z.string(),
    recognise: z.string(),
  }),
});

const flagFile = z.looseObject({ flags: z.record(z.string().regex(/^[a-z][a-z-]*$/), flag) });

/** A fault: what it does, where, and how often. */
export interface Fault {
  readonly name: string;
  readonly service: string;
  readonly at: Place;
  readonly effects: readonly Effect[];
  readonly about: z.output<typeof flag>['metadata'];
  /** Whether it is on for every request. The share, in percent, is below 100 if it is on for some. */
  readonly on: boolean;
  readonly percent: number;
}

/**
 * Reads the faults of a file in flagd's format.
 * @throws {Error} naming each flag that is no valid fault, and why
 */
export function readFaults(json: string): Fault[] {
  const parsed = flagFile.safeParse(JSON.parse(json));
  if (!parsed.success) throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  return Object.entries(parsed.data.flags).map(([name, { variants, defaultVariant, targeting, metadata }]) => {
    const percent = percentIn(targeting);
    return { name, ...variants.on, about: metadata, on: defaultVariant === 'on' || percent > 0, percent: percent || 100 };
  });
}

/** The faults that a request asked for suffer in any case. */
const REQUESTED = { $ref: 'requested' };

/** The rule for a fault that hits a share of the traces: an outcome that depends on the trace id. */
export const targetingOf = (percent?: number): object => ({
  if:
    percent === undefined
      ? [REQUESTED, 'on']
      : [
          REQUESTED,
          'on',
          {
            fractional: [
              ['on', percent],
              ['off', 100 - percent],
            ],
          },
        ],
});

function percentIn(targeting: unknown): number {
  const [, , share] = (targeting as { if?: [unknown, unknown, { fractional?: [[string, number]] }?] } | undefined)?.if ?? [];
  return share?.fractional?.[0][1] ?? 0;
}
