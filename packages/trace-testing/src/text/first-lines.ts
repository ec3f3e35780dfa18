const MOST = 20;

/** The first 20 lines, indented, and the number of the others. */
export function firstLines(lines: readonly string[]): string {
  const shown = lines.slice(0, MOST).map((line) => `  ${line}`);
  const more = lines.length - shown.length;
  return [...shown, ...(more > 0 ? [`  … and ${more.toLocaleString('en')} more`] : [])].join('\n');
}
