import { access, glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

/** The code blocks, without comments (which are translated) and without the diagram (whose labels are translated). */
const blocks = (text: string): string[] =>
  [...text.matchAll(/```[^\n]*\n(.*?)```/gs)].map(([, code = '']) => code.replaceAll(/ +#.*/g, '')).filter((code) => !code.includes('──►'));
const targets = (text: string): string[] => [...text.matchAll(/\]\(([^)]+)\)|<(https?:[^>]+)>/g)].map(([, link, url]) => link ?? url ?? '');
const headings = (text: string): string[] => [...text.matchAll(/^(#+) /gm)].map(([, level = '']) => level);
const inlineCode = (text: string): string[] =>
  [...text.replaceAll(/```.*?```/gs, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code).toSorted();

test.each([
  ['sections', headings],
  ['commands and examples', blocks],
  ['links', (text: string) => targets(text).filter((target) => !target.startsWith('README'))],
  ['names', inlineCode],
] as const)('the Chinese README has the same %s as the English one', async (_, parts) => {
  expect(parts(await read('README.zh-CN.md'))).toEqual(parts(await read('README.md')));
});

const isMissing = (path: string): Promise<boolean> =>
  access(path).then(
    () => false,
    () => true,
  );

test('the targets of all relative links exist', async () => {
  const broken: string[] = [];
  let links = 0;
  for await (const file of glob('**/*.md', { cwd: root, exclude: (name) => name === 'node_modules' })) {
    for (const target of targets((await read(file)).replaceAll(/```.*?```/gs, ''))) {
      const path = target.split('#')[0] ?? '';
      if (!path || /^[a-z]+:/.test(target)) continue;
      links += 1;
      if (await isMissing(join(root, dirname(file), path))) broken.push(`${file}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(50);
});

test('the documentation index lists each guide, package and decision', async () => {
  const index = await read('docs/README.md');
  const listed = new Set(targets(index).map((target) => join('docs', target)));
  const all: string[] = [];
  for await (const file of glob(['docs/*.md', 'docs/adr/*.md'], { cwd: root })) if (file !== 'docs/README.md') all.push(file);
  for await (const file of glob('packages/*/package.json', { cwd: root })) all.push(dirname(file));
  expect(all.filter((path) => !listed.has(path))).toEqual([]);
});

const headed = async (path: string): Promise<string[]> =>
  [...(await read(path)).matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);

test('the index of the RFCs lists each with its title and state, and each has the sections of the template', async () => {
  const index = await read('docs/rfcs/README.md');
  const states = [...index.matchAll(/^\| `([a-z]+)` /gm)].map(([, state]) => state);
  const listed = [...index.matchAll(/^\| \[(.*)\]\((\d{4}-.*\.md)\) +\| `([a-z]+)` /gm)].map(([, title, file, state]) => ({
    file,
    title,
    state,
  }));
  const found: typeof listed = [];
  for await (const file of glob('[0-9]*.md', { cwd: join(root, 'docs/rfcs') })) {
    const text = await read(`docs/rfcs/${file}`);
    found.push({ file, title: /^# (.*)$/m.exec(text)?.[1], state: /^State: `([a-z]+)`/m.exec(text)?.[1] });
    expect({ file, sections: await headed(`docs/rfcs/${file}`) }).toEqual({ file, sections: await headed('docs/rfcs/template.md') });
  }
  expect(listed).toEqual(found.toSorted((a, b) => (String(a.file) < String(b.file) ? -1 : 1)));
  expect(listed.length).toBeGreaterThan(0);
  for (const { file, title, state } of listed) {
    expect(states).toContain(state);
    expect(Number(file?.slice(0, 4))).toBe(Number(title?.split('.')[0]));
  }
});
