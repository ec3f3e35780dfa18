import { expect, test } from '@jest/globals';
import { PageFiles } from './page-files.ts';

const files = new PageFiles({ '/page/': new URL('fixtures/page/', import.meta.url) });
const textAt = async (path: string): Promise<string> => (await files.load(path)).body.toString();

test('a module is served without its types, and imports a package by the path at which it is served', async () => {
  const text = await textAt('/page/page.ts');
  expect(text).toContain("import { byId } from '/page-kit/element.ts';");
  expect(text).toContain("import { greeting } from './greeting.ts';");
  expect(text).not.toContain(': string');
});

test('a page includes the header that pages share, with the link to itself marked', async () => {
  const text = await textAt('/page/page.html');
  expect(text).toContain('<nav><a href="/one">One</a><a href="/two" aria-current="page">Two</a></nav>');
  expect(text).toContain('<p>Text</p>');
  expect(text).not.toContain('include');
});

test('a page lists all its modules in its head', async () => {
  const links = [...(await textAt('/page/page.html')).matchAll(/modulepreload" href="([^"]+)"/g)].map(([, path = '']) => path);
  expect(links.toSorted()).toEqual(['/page-kit/element.ts', '/page/greeting.ts', '/page/page.ts']);
});

test.each(['/page/notes.txt', '/page/../page-files.ts', '/page-kit/tsconfig.json', '/page/none.ts'])('%s is not served', (path) => {
  expect(files.has(path)).toBe(false);
});

test('an import of a module that is not served is an error that names it', async () => {
  await expect(files.load('/page/wrong.ts')).rejects.toThrow(/wrong\.ts imports @waymark\/page-kit, which no page may load/);
});

test('a file has a strict content security policy, and an ETag that follows its content', async () => {
  const [page, module] = await Promise.all([files.load('/page/page.html'), files.load('/page/page.ts')]);
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(module.headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect(page.headers['etag']).not.toBe(module.headers['etag']);
});
