import { createRequire } from 'node:module';

/** Where the program may have installed a package: beside ours, or for itself. */
const PLACES = [import.meta.filename, process.argv[1], `${process.cwd()}/`].filter((place) => place !== undefined);

function requireOf(name: string): NodeJS.Require | undefined {
  return PLACES.map((place) => createRequire(place)).find((require) => {
    try {
      return Boolean(require.resolve(name));
    } catch {
      return false;
    }
  });
}

/** Whether a package that is not installed with ours, because few programs need it, is installed all the same. */
export function isInstalled(name: string): boolean {
  return requireOf(name) !== undefined;
}

/**
 * Loads such a package.
 * @throws {Error} that says what to install
 */
export function loadOptional(name: string): unknown {
  const require = requireOf(name);
  if (!require) throw new Error(notInstalled(name));
  return require(name);
}

/** For messages. */
export const notInstalled = (name: string): string => `the package ${name} is not installed: npm install ${name}`;
