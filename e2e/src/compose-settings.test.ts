import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

/** `${NAME:-default}`. The default can contain another variable. */
const VARIABLE = /\$\{([A-Z_]+):-((?:[^${}]|\$\{[^{}]*\})*)\}/g;

/** Each use of a variable in the compose file, with its default. */
async function variables(): Promise<[string, string][]> {
  const text = await read('docker-compose.yml');
  const found = [...text.matchAll(VARIABLE)].map(([, name = '', value = '']): [string, string] => [name, value]);
  const inner = found.flatMap(([, value]) =>
    [...value.matchAll(VARIABLE)].map(([, name = '', nested = '']): [string, string] => [name, nested]),
  );
  expect(found.length + inner.length).toBe(text.split('${').length - 1);
  return [...found.map(([name, value]): [string, string] => [name, value.replaceAll(VARIABLE, '$2')]), ...inner];
}

test('the README of the compose file lists each variable with its default', async () => {
  const readme = await read('deploy/compose/README.md');
  const listed = [...readme.matchAll(/^\| `([A-Z_]+)` +\| `([^`]*)`/gm)].map(([, name, value]) => [name, value]);
  expect(listed.length).toBeGreaterThan(0);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(await variables()));
});

test('a variable has the same default everywhere', async () => {
  const defaults = new Map<string, Set<string>>();
  for (const [name, value] of await variables()) defaults.set(name, (defaults.get(name) ?? new Set()).add(value));
  expect([...defaults].filter(([, values]) => values.size > 1)).toEqual([]);
});

test('the README states the configured limits of Jaeger', async () => {
  const [compose, jaeger, readme] = await Promise.all([
    read('docker-compose.yml'),
    read('deploy/compose/jaeger.yaml'),
    read('deploy/compose/README.md'),
  ]);
  const { traces = '' } = /max_traces: (?<traces>\d+)/.exec(jaeger)?.groups ?? {};
  const { goal = '', limit = '' } = /GOMEMLIMIT: (?<goal>\d+)MiB[^]*?mem_limit: (?<limit>\d+)m/.exec(compose)?.groups ?? {};
  expect(readme).toContain(`| ${Number(traces).toLocaleString('en')} traces stored, ${limit} MiB`);
  expect(Number(goal) / Number(limit)).toBeCloseTo(0.9, 1);
});

/** The images of others that a compose file names. */
const images = (text: string): string[] =>
  [...text.matchAll(/(?:image|NODE_IMAGE): (?:&\S+ )?([^*\s]\S*:\S+)/g)].map(([, image = '']) => image);

test('each image has a digest in the pinned file, for the same tag', async () => {
  const [compose, pinned] = await Promise.all([read('docker-compose.yml'), read('deploy/compose/docker-compose.pinned.yml')]);
  const tags = images(compose.replaceAll(VARIABLE, '$2'));
  expect(tags.length).toBeGreaterThan(5);
  const digest = /@sha256:[0-9a-f]{64}$/;
  expect(images(pinned).filter((image) => !digest.test(image))).toEqual([]);
  expect(new Set(images(pinned).map((image) => image.replace(digest, '')))).toEqual(new Set(tags));
});

test.each(['postgres', 'jaeger'])('the trial of the Helm chart runs the same image of %s', async (name) => {
  const [compose, trial] = await Promise.all([read('docker-compose.yml'), read(`deploy/trial/${name}.yaml`)]);
  expect(images(trial)).toHaveLength(1);
  expect(images(compose.replaceAll(VARIABLE, '$2'))).toEqual(expect.arrayContaining(images(trial)));
});
