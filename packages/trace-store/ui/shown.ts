/** Text of a trace as it may be shown: what could hide or turn the text around it becomes `�`. Line breaks stay. */
export const shown = (text: string): string => text.replace(/[^\P{C}\n\t]/gu, '�');

/** A number with its noun: `1 span`, `2,000 spans`. */
export const counted = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
