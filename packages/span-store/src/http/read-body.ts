import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { Budget } from '../budget.ts';
import { nextTurn } from '../turns.ts';
import { HttpError } from './http-error.ts';

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/** How a body may be compressed. */
export type Encoding = keyof typeof inflaters | 'identity';

/** The encoding that a header names; throws `HttpError` 415 for one that is not supported. */
export function encodingOf(header: string | undefined): Encoding {
  const encoding = header?.trim().toLowerCase() || 'identity';
  if (encoding === 'identity' || encoding === 'gzip' || encoding === 'deflate') return encoding;
  throw new HttpError(415, `the encoding ${encoding} is not supported; send gzip, deflate or none`);
}

/**
 * Reads a request body of at most `maxBytes`, before and after decompression, and hands it to `use`. Until that is done, the bytes count as
 * held. Throws `HttpError`: 413 over the bound, 415 for another encoding, 400 for compressed data that is damaged; and `OverBudget`.
 */
export async function withBody<T>(
  request: IncomingMessage,
  maxBytes: number,
  budget: Budget,
  use: (body: Buffer) => T | Promise<T>,
): Promise<T> {
  const encoding = encodingOf(request.headers['content-encoding']);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  using held = budget.holder();
  // A request that is given up must stay open for the answer that says why.
  const raw = await receive(request.iterator({ destroyOnReturn: false }), maxBytes, held.add);
  return await use(await readable(raw, encoding, maxBytes, held.add));
}

/** All of a stream: `maxBytes` at most and what comes `before` them. Throws `HttpError` 413 when it is longer. */
export async function receive(
  stream: AsyncIterable<unknown>,
  maxBytes: number,
  hold: (bytes: number) => void,
  before = 0,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes + before) throw tooLarge(maxBytes);
    hold(part.length);
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size);
}

/** Reading a body of this many bytes takes so long that it waits for its turn. */
const LARGE = 1_000_000;

/** Decompresses a body; a large one waits for its turn. Throws `HttpError` 400 and 413. */
export async function readable(raw: Buffer, encoding: Encoding, maxBytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  const bytes = await decompressed(raw, encoding, maxBytes, hold);
  if (bytes.length > LARGE) await nextTurn();
  return bytes;
}

async function decompressed(raw: Buffer, encoding: Encoding, maxBytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  if (encoding === 'identity') return raw;
  // How large it becomes is known only afterwards.
  hold(maxBytes);
  try {
    return await inflaters[encoding](raw, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new HttpError(400, `the body is not ${encoding}: ${(error as Error).message}`);
  }
}

export const tooLarge = (maxBytes: number): HttpError =>
  new HttpError(413, `the body is larger than ${maxBytes} bytes; send smaller batches`);
