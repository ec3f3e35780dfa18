import { randomFillSync } from 'node:crypto';

const bytes = Buffer.alloc(4_096);
const ZERO = '0'.charCodeAt(0);
let digits = '';
let used = 0;

/** Random hexadecimal digits. Never all zero, which would be no id. */
function randomDigits(count: number): string {
  for (;;) {
    if (used + count > digits.length) {
      digits = randomFillSync(bytes).toString('hex');
      used = 0;
    }
    const taken = digits.slice(used, (used += count));
    if (taken.charCodeAt(0) !== ZERO || !/^0+$/.test(taken)) return taken;
  }
}

/** A new trace id. All its bytes are random, as the random flag says (W3C Trace Context Level 2). */
export const newTraceId = (): string => randomDigits(32);

/** A new span id. */
export const newSpanId = (): string => randomDigits(16);
