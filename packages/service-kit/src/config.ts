import { z } from 'zod';

/** Environment variables are missing or invalid. The message lists each of them and how to fix it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads a service's configuration from environment variables, with one schema per variable. The schema's description is what the error
 * tells the user to set. An empty variable counts as unset.
 * @throws {ConfigError} naming every variable that is missing or invalid
 */
export function readConfig<S extends z.ZodRawShape>(shape: S, env: NodeJS.ProcessEnv = process.env): z.output<z.ZodObject<S>> {
  const set = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in shape && value !== ''));
  const parsed = z.object(shape).safeParse(set);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => explain(String(issue.path[0]), issue.message, shape, set));
  throw new ConfigError(`Environment variables are missing or invalid:\n${lines.join('\n')}`);
}

function explain(name: string, message: string, shape: z.ZodRawShape, set: Record<string, unknown>): string {
  const fix = (shape[name] as z.ZodType | undefined)?.description;
  return `  ${name} is ${name in set ? `invalid (${message})` : 'missing'}${fix ? `. Set it to ${fix}` : ''}`;
}

/** The variables that every service reads: where it listens, how many requests it handles, and how it stops. */
export const listenOn = (defaultPort: number) => ({
  HOST: z.string().default('127.0.0.1').describe('the address to listen on'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(defaultPort).describe('the port to listen on, 0 for any free one'),
  MAX_REQUESTS: z.coerce
    .number()
    .int()
    .min(1)
    .default(64)
    .describe('the number of requests handled at once; a few more wait, the rest get 503'),
  LAME_DUCK_SECONDS: z.coerce
    .number()
    .min(0)
    .max(10)
    .default(2)
    .describe('the number of seconds, 0 to 10, for which a stopping service still answers while /readyz says 503'),
});

/** The secret that services sign their requests to each other with. */
export const internalSecret = () =>
  z
    .string()
    .min(16)
    .describe(
      'the secret that services sign their requests with: random text, the same for all of them, such as the output of `openssl rand -hex 32`',
    );

/** The base URL of another service. */
export const serviceUrl = (name: string, port: number) =>
  z.url({ protocol: /^https?$/ }).describe(`the base URL of the ${name} service, such as http://localhost:${port}`);

/** The service's own database. */
export const databaseUrl = (name: string) =>
  z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe(`the URL of the service's own Postgres database, such as postgres://waymark:secret@localhost:5432/${name}`);

/** The service's own database, and how to reach it through a connection pooler. */
export const database = (name: string) => ({
  DATABASE_URL: databaseUrl(name),
  DATABASE_DIRECT_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('the URL of the same database without a connection pooler such as PgBouncer, if DATABASE_URL goes through one'),
  DATABASE_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(2)
    .max(1_000)
    .default(10)
    .describe('the number of connections for requests and jobs; 6 more are for the readiness check, LISTEN and the job worker'),
});
