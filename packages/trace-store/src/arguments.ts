import { parseArgs } from 'node:util';
import type { TraceStoreOptions } from './start-trace-store.ts';

export const USAGE = `A small Jaeger-compatible trace backend, in memory.

  npx @waymark/trace-store [options]

  --otlp-port N    port for OTLP/HTTP             (4318;      TRACE_STORE_OTLP_PORT)
  --grpc-port N    port for OTLP/gRPC             (4317;      TRACE_STORE_GRPC_PORT)
  --ui-port N      port for UI and Jaeger's API   (16686;     TRACE_STORE_UI_PORT)
  --host H         address to listen on           (127.0.0.1; TRACE_STORE_HOST)
  --memory-mb N    memory for traces, in MB       (128;       TRACE_STORE_MEMORY_MB)
  --cors-origin O  lets pages of this origin send spans; repeatable, * allows any
                                                  (none;      TRACE_STORE_CORS_ORIGINS, comma-separated)
  --help           shows this help

In parentheses: the default, and the variable that does the same. Port 0 means any free port.
`;

type Options = { -readonly [Name in keyof TraceStoreOptions]: TraceStoreOptions[Name] };

/** Reads the flags, and the environment for flags that are missing. Undefined for `--help`. Throws an `Error` for an invalid value. */
export function readArguments(argv: string[], env: NodeJS.ProcessEnv): TraceStoreOptions | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: argv,
    options: {
      'otlp-port': text,
      'grpc-port': text,
      'ui-port': text,
      host: text,
      'memory-mb': text,
      'cors-origin': { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const options: Options = {};
  const port = (name: string, value: string | undefined): number | undefined => whole(name, value, 0, 65_535);
  const otlpPort = port('--otlp-port', values['otlp-port'] ?? env['TRACE_STORE_OTLP_PORT']);
  const grpcPort = port('--grpc-port', values['grpc-port'] ?? env['TRACE_STORE_GRPC_PORT']);
  const uiPort = port('--ui-port', values['ui-port'] ?? env['TRACE_STORE_UI_PORT']);
  const memoryMb = whole('--memory-mb', values['memory-mb'] ?? env['TRACE_STORE_MEMORY_MB'], 1, 100_000);
  const host = values.host ?? env['TRACE_STORE_HOST'];
  if (otlpPort !== undefined) options.otlpPort = otlpPort;
  if (grpcPort !== undefined) options.grpcPort = grpcPort;
  if (uiPort !== undefined) options.uiPort = uiPort;
  if (memoryMb !== undefined) options.memoryMb = memoryMb;
  if (host) options.host = host;
  const origins = (values['cors-origin'] ?? (env['TRACE_STORE_CORS_ORIGINS'] ?? '').split(',')).map((one) => one.trim()).filter(Boolean);
  for (const one of origins) if (one !== '*' && !isOrigin(one)) throw wrongOrigin(one);
  if (origins.length > 0) options.corsOrigins = origins;
  return options;
}

/** A browser sends an origin without path or slash at its end. */
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const wrongOrigin = (text: string): Error =>
  new Error(`--cors-origin should be an origin such as https://shop.example, or *, but is ${JSON.stringify(text)}`);

function whole(name: string, value: string | undefined, least: number, most: number): number | undefined {
  if (value === undefined || value === '') return undefined;
  if (/^\d{1,6}$/.test(value) && +value >= least && +value <= most) return +value;
  throw new Error(`${name} should be a whole number from ${least} to ${most}, but is ${JSON.stringify(value)}`);
}
