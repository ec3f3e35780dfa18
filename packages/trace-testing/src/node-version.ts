/** The oldest Node that this package works with: the `engines` of package.json. */
const OLDEST = [22, 13] as const;

/** An explanation if this Node is too old; otherwise undefined. */
export function tooOld(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `@waymark/trace-testing needs Node ${OLDEST.join('.')} or later, but this is Node ${process.versions.node}.`;
}
