import manifest from './package.json' with { type: 'json' };

/** Without state, so a copy does no harm, and only a little of them is needed: loading all of both takes as long as the rest of the start. */
const COPIED = new Set(['@opentelemetry/core', '@opentelemetry/semantic-conventions', '@waymark/semantic-conventions']);

const external = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)].filter((name) => !COPIED.has(name));

/** A file for each entry and a few that they share, so that the process that loads them starts sooner. */
export default {
  input: Object.fromEntries(Object.values(manifest.exports).map((path) => [path.replace(/^\.\/src\/(.*)\.ts$/, '$1'), path])),
  platform: 'node',
  external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
  output: { dir: 'dist', chunkFileNames: 'shared/[name]-[hash].js' },
};
