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

/** What every service reads: where it listens. */
export const listenOn = (defaultPort: number) => ({
  HOST: z.string().default('127.0.0.1').describe('the address to listen on'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(defaultPort).describe('the port to listen on, 0 for any free one'),
});

/** The base URL of another service. */
export const serviceUrl = (name: string, port: number) =>
  z.url({ protocol: /^https?$/ }).describe(`the base URL of the ${name} service, such as http://localhost:${port}`);

/** The service's own database. */
export const databaseUrl = (name: string) =>
  z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe(`the service's own Postgres database, such as postgres://waymark:secret@localhost:5432/${name}`);
