import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { Budget } from '../budget.ts';
import { nextTurn } from '../turns.ts';
import { HttpError } from './http-error.ts';

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/** The supported compressions of a body. */
export type Encoding = keyof typeof inflaters | 'identity';

/** The encoding in a header. Throws `HttpError` 415 if it is not supported. */
export function encodingOf(header: string | undefined): Encoding {
  const encoding = header?.trim().toLowerCase() || 'identity';
  if (encoding === 'identity' || encoding === 'gzip' || encoding === 'deflate') return encoding;
  throw new HttpError(415, `the encoding ${encoding} is not supported; send gzip, deflate or none`);
}

/**
 * Reads a request body of at most `maxBytes`, before and after decompression, and calls `use` with it. Until `use` has finished, the bytes count as
 * held. Throws `HttpError`: 413 if the body is too large, 415 for another encoding, 400 for invalid compressed data. Throws `OverBudget`.
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
  // A rejected request must stay open, so that the client gets the answer.
  const raw = await receive(request.iterator({ destroyOnReturn: false }), maxBytes, held.add);
  return await use(await readable(raw, encoding, maxBytes, held.add));
}

/** The whole content of a stream after `before`. Throws `HttpError` 413 if it has more than `maxBytes`. */
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

/** A body of this many bytes takes so long to read that it waits for its turn. */
const LARGE = 1_000_000;

/** Decompresses a body. A large one waits for its turn. Throws `HttpError` 400 and 413. */
export async function readable(raw: Buffer, encoding: Encoding, maxBytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  const bytes = await decompressed(raw, encoding, maxBytes, hold);
  if (bytes.length > LARGE) await nextTurn();
  return bytes;
}

async function decompressed(raw: Buffer, encoding: Encoding, maxBytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  if (encoding === 'identity') return raw;
  // Its decompressed size is known only afterwards.
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
