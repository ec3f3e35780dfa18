import { createHash } from 'node:crypto';
import { readdirSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder with the parts that all pages share. */
const KIT = new URL('../browser/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** A file as the browser gets it. */
export interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The files that browsers may load, by path. Each is read once. */
export class PageFiles {
  /** From the path in the browser to the file. */
  readonly #files = new Map<string, string>();
  /** From the file to the path in the browser. */
  readonly #paths = new Map<string, string>();
  readonly #loaded = new Map<string, Promise<PageFile>>();

  /** `folders` are the folders to serve, by the path at which they are served, such as `/ui/`. `/page-kit/` is always there. */
  constructor(folders: Readonly<Record<string, URL>>) {
    for (const [prefix, folder] of Object.entries({ ...folders, '/page-kit/': KIT })) {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!TYPES[extname(name)] || /\.test\.ts$|(^|\/)testing\/|\.d\.ts$/.test(name)) continue;
        const file = realpathSync(fileURLToPath(new URL(name, folder)));
        this.#files.set(prefix + name, file);
        this.#paths.set(file, prefix + name);
      }
    }
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** The file at a path that `has` knows. */
  load(path: string): Promise<PageFile> {
    let loaded = this.#loaded.get(path);
    if (!loaded) this.#loaded.set(path, (loaded = this.#load(path)));
    return loaded;
  }

  async #load(path: string): Promise<PageFile> {
    const text = await this.#text(path);
    const body = Buffer.from(path.endsWith('.html') ? await this.#withPreloads(text) : text);
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    return { headers: { ...HEADERS, etag, 'content-type': TYPES[extname(path)] ?? '' }, body };
  }

  async #text(path: string): Promise<string> {
    const file = this.#files.get(path);
    if (!file) throw new Error(`There is no page file ${path}`);
    const text = await readFile(file, 'utf8');
    if (path.endsWith('.ts')) return this.#withPaths(stripTypeScriptTypes(text), file);
    if (path.endsWith('.js')) return this.#withPaths(text, file);
    return path.endsWith('.html') ? this.#withIncludes(text) : text;
  }

  /** Browsers cannot find packages by name, so an import of a package becomes an import of the path at which its module is served. */
  #withPaths(code: string, file: string): string {
    const { resolve } = createRequire(pathToFileURL(file));
    return code.replace(/from '(@[^']+)'/g, (_, name: string) => {
      // An installed package has CommonJS for `resolve`; browsers need its ES modules.
      const path = this.#paths.get(realpathSync(resolve(name)).replace('/dist/cjs/', '/dist/'));
      if (!path) throw new Error(`${file} imports ${name}, which no page may load`);
      return `from '${path}'`;
    });
  }

  /** `<!-- include /ui/header.html for /search -->` becomes that file, with its link to `/search` marked as the current page. */
  async #withIncludes(html: string): Promise<string> {
    const parts = html.split(/<!-- include (\S+)(?: for (\S+))? -->\n?/);
    let whole = parts[0] ?? '';
    for (let at = 1; at < parts.length; at += 3) {
      const [included = '', current, rest] = parts.slice(at, at + 3);
      whole += (await this.#text(included)).replace(`href="${current}"`, '$& aria-current="page"') + rest;
    }
    return whole;
  }

  /** Lists all modules of a page in its head, so that the browser loads them at once instead of import by import. */
  async #withPreloads(html: string): Promise<string> {
    const modules = new Set([...html.matchAll(/src="([^"]+\.ts)"/g)].map(([, path = '']) => path));
    for (const path of modules) {
      for (const [, imported = ''] of (await this.#text(path)).matchAll(/from '([^']+\.[tj]s)'/g))
        modules.add(new URL(imported, `http://page${path}`).pathname);
    }
    const links = [...modules].map((path) => `<link rel="modulepreload" href="${path}" />`);
    return html.replace('</head>', `${links.join('')}</head>`);
  }
}
