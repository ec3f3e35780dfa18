/** Indents a part of a tree, so that it can be placed below another span. */
export function below(depth: number, part: string): string {
  return part
    .trim()
    .split('\n')
    .map((line) => `${'  '.repeat(depth)}${line}`)
    .join('\n');
}
