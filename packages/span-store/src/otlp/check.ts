import { MAX_DEPTH } from './encode.ts';
import { Malformed } from './malformed.ts';
import type { Message } from './schema.ts';
import { KeyValue, LENGTH } from './schema.ts';
import type { Wire } from './wire.ts';

/**
 * Checks a whole message without decoding it, and returns the size of its largest attribute. Throws `Malformed` if a known field has the wrong wire
 * type, if lengths do not add up, or if values nest too deep.
 */
export function check(message: Message, wire: Wire, end: number, depth = 0): number {
  if (depth > MAX_DEPTH) throw new Malformed(`the request is nested deeper than ${MAX_DEPTH} levels`);
  let largest = 0;
  while (wire.at < end) {
    const size = checkField(message, wire, wire.tag(end), end, depth);
    if (size > largest) largest = size;
  }
  return largest;
}

/** Checks the field whose tag was just read, and returns the size of its largest attribute. */
export function checkField(message: Message, wire: Wire, tag: number, end: number, depth: number): number {
  const field = message.byNumber[tag >>> 3];
  if (field === undefined) wire.skip(tag & 7, end);
  else if (field.wire !== (tag & 7)) throw new Malformed(`${message.name}.${field.name} has wire type ${tag & 7} instead of ${field.wire}`);
  else if (field.message === undefined) {
    const start = wire.at;
    wire.skip(field.wire, end);
    if (field.type === 'id') checkId(field.name, wire.at - start - 1);
  } else return checkInner(field.message, wire, end, depth);
  return 0;
}

function checkInner(message: Message, wire: Wire, end: number, depth: number): number {
  const inner = wire.lengthEnd(end);
  const size = inner - wire.at;
  const largest = check(message, wire, inner, message === KeyValue ? depth : depth + 1);
  return message === KeyValue && size > largest ? size : largest;
}

/** An id must be absent or complete. Nobody could find a span by another id. */
function checkId(name: string, size: number): void {
  const expected = name === 'traceId' ? 16 : 8;
  if (size !== 0 && size !== expected) throw new Malformed(`${name} should have ${expected} bytes, but has ${size}`);
}

/** Whether a tag is that of a field with this number that holds bytes. */
export const isField = (tag: number, number: number): boolean => tag === ((number << 3) | LENGTH);
