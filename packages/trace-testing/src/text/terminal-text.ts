const ESC = '\u001b';
/** Text in one of the colours that this package and trace-model use (ECMA-48 SGR). */
const COLOURED = new RegExp(`(${ESC}\\[(?:2|3[1-6]|9[356]|38;5;\\d{1,3})m)([^${ESC}\\n]*)(${ESC}\\[(?:0|22|39)m)`, 'g');
const INVISIBLE = /[^\P{C}\n]|[\u2028\u2029]/gu;

/**
 * Text that is safe to print. Control, escape and bidirectional characters from a trace or a backend could move the cursor, rename the window or
 * reverse the text, so each becomes `�`. Line breaks stay, and so do our own colours if `colour` is true.
 */
export function terminalText(text: string, colour: boolean): string {
  const ours = colour ? text.matchAll(COLOURED) : [];
  let clean = '';
  let at = 0;
  for (const { index, 0: whole, 1: begin = '', 2: inside = '', 3: end = '' } of ours) {
    clean += visible(text.slice(at, index)) + begin + visible(inside) + end;
    at = index + whole.length;
  }
  return clean + visible(text.slice(at));
}

const visible = (text: string): string => text.replace(INVISIBLE, '�');
