#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

try {
  if (major < 22 || (major === 22 && minor < 13)) throw new Error(`needs Node 22.13 or later, but this is Node ${process.versions.node}.`);
  // Loaded only now: an older Node cannot link these modules, and its message would be another one.
  const [{ readArguments, USAGE }, { startTraceStore }] = await Promise.all([import('./arguments.ts'), import('./start-trace-store.ts')]);
  const options = readArguments(process.argv.slice(2), process.env);
  if (options === undefined) process.stdout.write(USAGE);
  else {
    const store = await startTraceStore(options);
    process.stdout.write(
      `UI and query API  ${store.url}\nOTLP/HTTP         ${store.otlpUrl}\nOTLP/gRPC         ${store.grpcUrl}\nmemory            ${options.memoryMb ?? 128} MB of traces\n`,
    );
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void store.close());
  }
} catch (error) {
  process.stderr.write(`trace-store: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
