import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run } from './run.ts';
import { published, tarballOf, type Manifest } from './packages.ts';

export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

/** An npm registry with the packed packages and no others, for the scope @waymark. Everything else comes from the machine's own registry. */
export async function startRegistry(tarballs: string): Promise<Registry> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const files = new Map<string, { type: string; body: string | Buffer }>();
  for (const { manifest } of published) {
    const file = tarballOf(manifest);
    const body = await readFile(join(tarballs, file));
    files.set(`/${file}`, { type: 'application/octet-stream', body });
    const packed = JSON.parse(await run({ cwd: tarballs }, 'tar', '-xOf', file, 'package/package.json')) as Manifest;
    const integrity = `sha512-${createHash('sha512').update(body).digest('base64')}`;
    const version = { ...packed, dist: { tarball: url + file, integrity } };
    const document = {
      name: packed.name,
      'dist-tags': { latest: packed.version },
      versions: { [packed.version]: version },
      // Package managers distrust versions that are new.
      time: { [packed.version]: '2026-01-01T00:00:00.000Z' },
    };
    files.set(`/${packed.name}`, { type: 'application/json', body: JSON.stringify(document) });
  }
  server.on('request', (request, response) => {
    const found = files.get(decodeURIComponent(request.url ?? ''));
    response.writeHead(found ? 200 : 404, { 'content-type': found?.type ?? 'text/plain' });
    response.end(found?.body);
  });
  return {
    url,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
