import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { HttpError } from './http-error.ts';

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/**
 * Reads a request body of at most `maxBytes`, before and after decompression (`gzip` or `deflate`). Throws `HttpError`: 413 over the
 * bound, 415 for another encoding, 400 for compressed data that is damaged.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') {
    throw new HttpError(415, `content-encoding ${encoding} is not supported; send gzip, deflate or none`);
  }
  const raw = await receive(request, maxBytes);
  if (encoding === 'identity') return raw;
  try {
    return await inflaters[encoding](raw, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new HttpError(400, `the body is not ${encoding}: ${(error as Error).message}`);
  }
}

async function receive(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size);
}

const tooLarge = (maxBytes: number): HttpError => new HttpError(413, `the body is larger than ${maxBytes} bytes; send smaller batches`);
