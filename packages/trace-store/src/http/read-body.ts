import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { HttpError } from './http-error.ts';
import type { Intake } from './intake.ts';

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/**
 * Reads a request body of at most `maxBytes`, before and after decompression (`gzip` or `deflate`), and hands it to `use`. Until that is
 * done, the bytes count as held. Throws `HttpError`: 413 over the bound, 415 for another encoding, 400 for compressed data that is
 * damaged, 429 when too much is held.
 */
export async function withBody<T>(request: IncomingMessage, maxBytes: number, intake: Intake, use: (body: Buffer) => T): Promise<T> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') {
    throw new HttpError(415, `content-encoding ${encoding} is not supported; send gzip, deflate or none`);
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  let held = 0;
  const hold = (bytes: number): void => {
    intake.hold(bytes);
    held += bytes;
  };
  try {
    const raw = await receive(request, maxBytes, hold);
    if (encoding === 'identity') return use(raw);
    // How large it becomes is known only afterwards.
    hold(maxBytes);
    return use(await decompress(raw, encoding, maxBytes));
  } finally {
    intake.letGo(held);
  }
}

async function receive(request: IncomingMessage, maxBytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  // A request that is given up must stay open for the answer that says why.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    hold(part.length);
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size);
}

async function decompress(raw: Buffer, encoding: keyof typeof inflaters, maxBytes: number): Promise<Buffer> {
  try {
    return await inflaters[encoding](raw, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new HttpError(400, `the body is not ${encoding}: ${(error as Error).message}`);
  }
}

const tooLarge = (maxBytes: number): HttpError => new HttpError(413, `the body is larger than ${maxBytes} bytes; send smaller batches`);
