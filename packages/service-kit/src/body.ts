import { isUtf8 } from 'node:buffer';
import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { Problem } from './problem.ts';

/** The largest request body, in bytes. */
const LIMIT = 64 * 1024;

/** How deep JSON may be nested. Code that walks through it would overflow the stack. */
const MAX_DEPTH = 32;

/** Unlike `Buffer.toString`, it drops a byte order mark. RFC 8259 §8.1 allows that. */
const utf8 = new TextDecoder();

/**
 * Reads a request's JSON body.
 * @throws {Problem} 415 if the body is not JSON in UTF-8, 413 if it is too large, 400 if it is malformed, nested too deep, truncated or not valid UTF-8
 */
export async function readJson(ctx: Context): Promise<unknown> {
  if (!ctx.is('application/json')) throw new Problem(415, 'unsupported_media_type', 'Send the body as "Content-Type: application/json".');
  if (!['', 'utf-8'].includes(ctx.request.charset.toLowerCase())) throw new Problem(415, 'unsupported_media_type', 'Send JSON in UTF-8.');
  if (!['', 'identity'].includes(ctx.get('content-encoding')))
    throw new Problem(415, 'unsupported_media_type', 'Send the body uncompressed.');
  const body = await readBody(ctx);
  if (!isUtf8(body)) throw new Problem(400, 'malformed_json', 'The body is not valid UTF-8.');
  const json = utf8.decode(body);
  if (depthOf(json) > MAX_DEPTH) throw new Problem(400, 'malformed_json', `JSON may be nested at most ${MAX_DEPTH} levels deep.`);
  try {
    return JSON.parse(json);
  } catch (error) {
    // The whole message quotes the body, which may hold a password.
    const [where = ''] = / at position \d+/.exec((error as Error).message) ?? [];
    throw new Problem(400, 'malformed_json', `The body is not JSON${where}.`);
  }
}

/** How deep a text that may be JSON is nested. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  // Brackets count, except those in strings.
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[{}\]]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, (depth += 1));
    else if (token.length === 1) depth -= 1;
  }
  return deepest;
}

async function readBody(ctx: Context): Promise<Buffer> {
  try {
    return await getRawBody(ctx.req, { limit: LIMIT, length: ctx.get('content-length') || null });
  } catch (error) {
    const { type, message } = error as { type?: string; message: string };
    // The rest of the body is not read, so the connection cannot be used again.
    const close = { headers: { connection: 'close' } };
    if (type === 'entity.too.large') throw new Problem(413, 'body_too_large', `A body may have at most ${LIMIT} bytes.`, close);
    throw new Problem(400, 'malformed_request', `The body cannot be read: ${message}.`, close);
  }
}
