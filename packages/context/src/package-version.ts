import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version in the nearest package.json above a file that has one. */
export function packageVersion(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const version = versionIn(join(folder, 'package.json'));
    if (version || folder === dirname(folder)) return version;
  }
}

function versionIn(packageJson: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(packageJson, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
