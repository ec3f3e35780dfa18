import { TRUNCATED } from '@waymark/semantic-conventions';
import { encode } from './encode.ts';
import type { Message } from './schema.ts';
import { KeyValue, LENGTH } from './schema.ts';
import { Wire } from './wire.ts';
import { WireWriter } from './wire-writer.ts';

const LONGEST_KEY = 1_024;
/** How many names the mark lists, and how many bytes of each. */
const MARK = { names: 20, bytes: 200 };
/** At least the size of a field's tag and length. */
const AROUND = 16;

/** An encoded message whose attributes all fit. */
export interface Truncated {
  readonly bytes: Buffer;
  /** How many attributes were cut. */
  readonly count: number;
}

/**
 * Cuts every attribute of an encoded message, and of a span's events and links, to `maxBytes` bytes. Another attribute lists the names of the cut
 * ones. Nothing is decoded, because an attribute can have millions of entries. The message must have passed `check`.
 */
export function truncate(message: Message, bytes: Buffer, maxBytes: number): Truncated {
  const writer = new WireWriter(bytes.length + AROUND);
  const count = truncateInto(writer, message, new Wire(bytes), bytes.length, maxBytes);
  return { bytes: writer.bytes(), count };
}

function truncateInto(writer: WireWriter, message: Message, wire: Wire, end: number, maxBytes: number): number {
  const names: string[] = [];
  let inside = 0;
  while (wire.at < end) {
    const start = wire.at;
    const tag = wire.tag(end);
    const field = message.byNumber[tag >>> 3];
    const inner = field?.message;
    if (field === undefined || inner === undefined) {
      wire.skip(tag & 7, end);
      writer.raw(wire.bytes, start, wire.at);
      continue;
    }
    const last = wire.lengthEnd(end);
    if (last - wire.at <= maxBytes || !(inner === KeyValue || inner.byName.has('attributes'))) writer.raw(wire.bytes, start, last);
    else if (inner === KeyValue) writer.message(field.number, () => names.push(cutAttribute(writer, wire, last, maxBytes)));
    else writer.message(field.number, () => (inside += truncateInto(writer, inner, wire, last, maxBytes)));
    wire.at = last;
  }
  if (names.length > 0) mark(writer, message, names);
  return inside + names.length;
}

function mark(writer: WireWriter, message: Message, names: readonly string[]): void {
  const values = names.slice(0, MARK.names).map((stringValue) => ({ stringValue }));
  writer.raw(encode(message, { attributes: [{ key: TRUNCATED, value: { arrayValue: { values } } }] }));
}

/** Writes the beginning of an attribute. Returns its name, or the beginning of it. */
function cutAttribute(writer: WireWriter, wire: Wire, end: number, maxBytes: number): string {
  const { key, value } = partsOf(wire, end);
  const name = cutText(wire.bytes.subarray(...key), LONGEST_KEY);
  writer.length(1, name);
  const room = maxBytes - name.length - AROUND;
  writer.message(2, () => cutMessage(writer, KeyValue.byNumber[2]?.message, new Wire(wire.bytes, value[0]), value[1], room));
  return cutText(name, MARK.bytes).toString('utf8');
}

type Stretch = readonly [from: number, to: number];

/** Where key and value of an attribute or of an entry of a map are. */
function partsOf(wire: Wire, end: number): { readonly key: Stretch; readonly value: Stretch } {
  const parts: [Stretch, Stretch] = [
    [end, end],
    [end, end],
  ];
  while (wire.at < end) {
    const tag = wire.tag(end);
    const from = wire.at;
    wire.skip(tag & 7, end);
    if ((tag & 7) !== LENGTH || tag >>> 3 > 2) continue;
    const length = new Wire(wire.bytes, from);
    parts[(tag >>> 3) - 1] = [(length.lengthEnd(end), length.at), wire.at];
  }
  return { key: parts[0], value: parts[1] };
}

/** Writes the fields of a message that fit into `room` bytes, and the beginning of the next one. */
function cutMessage(writer: WireWriter, message: Message | undefined, wire: Wire, end: number, room: number): void {
  for (let left = room; wire.at < end;) {
    const start = wire.at;
    const tag = wire.tag(end);
    const from = wire.at;
    wire.skip(tag & 7, end);
    left -= wire.at - start;
    if (left >= 0) writer.raw(wire.bytes, start, wire.at);
    else return cutField(writer, message, tag, new Wire(wire.bytes, from), end, left + wire.at - start - AROUND);
  }
}

function cutField(writer: WireWriter, message: Message | undefined, tag: number, wire: Wire, end: number, room: number): void {
  const field = message?.byNumber[tag >>> 3];
  if (field === undefined || (tag & 7) !== LENGTH || room <= 0) return;
  const last = wire.lengthEnd(end);
  const bytes = wire.bytes.subarray(wire.at, last);
  if (field.message === KeyValue && room > AROUND) writer.message(field.number, () => cutAttribute(writer, wire, last, room));
  else if (field.message !== undefined && field.message !== KeyValue) {
    writer.message(field.number, () => cutMessage(writer, field.message, wire, last, room));
  } else if (field.type === 'string') writer.length(field.number, cutText(bytes, room));
  else if (field.type === 'bytes') writer.length(field.number, bytes.subarray(0, room));
}

/** The whole UTF-8 characters that fit into this many bytes. */
export function cutText(text: Buffer, maxBytes: number): Buffer {
  if (text.length <= maxBytes) return text;
  let end = Math.max(0, maxBytes);
  while (end > 0 && ((text[end] as number) & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
