import { z } from 'zod';

/** The environment lacks something, or has it wrong. The message lists every such variable, with its mend. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads a service's configuration from environment variables, one schema each; a schema's description is the mend in its error.
 * An empty variable counts as unset.
 * @throws {ConfigError} naming every variable that is missing or wrong
 */
export function readConfig<S extends z.ZodRawShape>(shape: S, env: NodeJS.ProcessEnv = process.env): z.output<z.ZodObject<S>> {
  const set = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in shape && value !== ''));
  const parsed = z.object(shape).safeParse(set);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => explain(String(issue.path[0]), issue.message, shape, set));
  throw new ConfigError(`The environment is not complete:\n${lines.join('\n')}`);
}

function explain(name: string, message: string, shape: z.ZodRawShape, set: Record<string, unknown>): string {
  const mend = (shape[name] as z.ZodType | undefined)?.description;
  return `  ${name} ${name in set ? `is wrong (${message})` : 'is missing'}${mend ? `: ${mend}` : ''}`;
}

/** What every service reads: where it listens, how much it takes on, and how it stops. */
export const listenOn = (defaultPort: number) => ({
  HOST: z.string().default('127.0.0.1').describe('the address to listen on'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(defaultPort).describe('the port to listen on, 0 for any free one'),
  MAX_REQUESTS: z.coerce
    .number()
    .int()
    .min(1)
    .default(64)
    .describe('how many requests are handled at once; a few more wait, the rest get 503'),
  LAME_DUCK_SECONDS: z.coerce
    .number()
    .min(0)
    .max(10)
    .default(2)
    .describe('how long a service that stops says so at /readyz, and still answers, before it closes its port'),
});

/** What services sign their requests to each other with. */
export const internalSecret = () =>
  z
    .string()
    .min(16)
    .describe(
      'what the services sign their requests to each other with: the same random text for all of them, such as `openssl rand -hex 32` prints',
    );

/** The base URL of another service. */
export const serviceUrl = (name: string, port: number) =>
  z.url({ protocol: /^https?$/ }).describe(`the base URL of the ${name} service, such as http://localhost:${port}`);

/** The service's own database. */
export const databaseUrl = (name: string) =>
  z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe(`the service's own Postgres database, such as postgres://waymark:secret@localhost:5432/${name}`);
