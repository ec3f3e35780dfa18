/**
 * Makes text from a trace safe to show. Invisible characters (controls, escapes, bidirectional overrides, lone surrogates) become `�`, so that
 * a span name cannot control a terminal or hide in a page.
 */
export const printable = (text: string): string => text.replace(/[\p{C}\u2028\u2029]/gu, '�');

/** Makes text from a trace safe, and short enough for a sentence. */
export const clipped = (text: string): string => printable(text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** How many terminal columns printable text takes: none for a combining mark, two for East Asian and emoji characters. */
export function columns(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Makes the text exactly `width` columns wide: pads it with spaces, or cuts it and adds `…`. */
export function fit(text: string, width: number): string {
  const taken = columns(text);
  if (taken <= width) return text + ' '.repeat(width - taken);
  let cut = '';
  let used = 0;
  for (const character of text) {
    const next = columns(character);
    if (used + next > width - 1) break;
    cut += character;
    used += next;
  }
  return width < 1 ? '' : `${cut}…${' '.repeat(width - 1 - used)}`;
}

/** A number with its noun: `1 span`, `2 spans`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const WIDE = /[\p{Emoji_Presentation}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
