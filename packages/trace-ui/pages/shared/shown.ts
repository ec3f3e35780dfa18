/** Text from a trace, safe to show: characters that could hide or reverse the text around them become `�`. Line breaks stay. */
export const shown = (text: string): string => text.replace(/[^\P{C}\n\t]/gu, '�');

/** A number with its noun: `1 span`, `2,000 spans`. */
export const counted = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
