import { createRequire } from 'node:module';

/** Where a package may be installed: next to ours, or in the program's own node_modules. */
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

/** Whether an optional peer dependency is installed. */
export function isInstalled(name: string): boolean {
  return requireOf(name) !== undefined;
}

/**
 * Loads an optional peer dependency.
 * @throws {Error} if it is not installed; the message says how to install it
 */
export function loadOptional(name: string): unknown {
  const require = requireOf(name);
  if (!require) throw new Error(notInstalled(name));
  return require(name);
}

/** Says that a package is missing and how to install it. */
export const notInstalled = (name: string): string => `the package ${name} is not installed: npm install ${name}`;
