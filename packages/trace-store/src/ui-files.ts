import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { basename, extname } from 'node:path';

const UI = new URL('../ui/', import.meta.url);
/** TypeScript in this repository, JavaScript once installed. */
const MODEL_ENTRY = import.meta.resolve('@waymark/trace-model');
const MODEL = new URL('.', MODEL_ENTRY);

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
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** What a browser may ask for: the UI's files, and the modules of trace-model. */
const FILES: ReadonlyMap<string, URL> = new Map(
  [
    ...readdirSync(UI).map((name) => [`/ui/${name}`, new URL(name, UI)] as const),
    ...readdirSync(MODEL, { recursive: true, encoding: 'utf8' }).map((name) => [`/trace-model/${name}`, new URL(name, MODEL)] as const),
  ].filter(([path]) => TYPES[extname(path)] && !/\.test\.ts$|\/testing\/|\.d\.ts$/.test(path)),
);

interface Page {
  readonly status: number;
  readonly path: string;
}

/** The pages, at Jaeger's own paths. */
function pageAt(path: string): Page {
  if (path === '/' || path === '/search') return { status: 200, path: '/ui/search.html' };
  if (path === '/dependencies') return { status: 200, path: '/ui/dependencies.html' };
  if (/^\/trace\/[^/]*\.\.\.[^/]*$/.test(path)) return { status: 200, path: '/ui/compare.html' };
  if (/^\/trace\/[^/]+$/.test(path)) return { status: 200, path: '/ui/trace.html' };
  return { status: 404, path: '/ui/not-found.html' };
}

interface Content {
  readonly body: Buffer;
  readonly etag: string;
}

const contents = new Map<string, Promise<Content>>();

/** Answers a GET or HEAD outside of the API: a page of the UI or one of its files, else a page that says there is none. */
export async function serveUi(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').replace(/[?#].*$/, '');
  const found = FILES.has(path) ? { status: 200, path } : pageAt(path);
  const { body, etag } = await contentOf(found.path);
  const known = request.headers['if-none-match'] === etag;
  response.writeHead(known ? 304 : found.status, { ...HEADERS, etag, 'content-type': TYPES[extname(found.path)] });
  response.end(known || request.method === 'HEAD' ? undefined : body);
}

function contentOf(path: string): Promise<Content> {
  let content = contents.get(path);
  if (!content) contents.set(path, (content = read(path)));
  return content;
}

async function read(path: string): Promise<Content> {
  const text = await textOf(path);
  const body = Buffer.from(path.endsWith('.html') ? await withPreloads(text) : text);
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

async function textOf(path: string): Promise<string> {
  const file = FILES.get(path);
  if (!file) throw new Error(`${path} is no file of the UI`);
  const text = await readFile(file, 'utf8');
  return path.endsWith('.ts') ? forBrowser(text) : text;
}

/** A module as the browser takes it: without types, and with a path where it names a package. */
const forBrowser = (source: string): string =>
  stripTypeScriptTypes(source).replaceAll("from '@waymark/trace-model'", `from '/trace-model/${basename(MODEL_ENTRY)}'`);

/** Names all modules of a page in it, so that the browser asks for them at once instead of from import to import. */
async function withPreloads(html: string): Promise<string> {
  const modules = new Set([...html.matchAll(/src="([^"]+\.ts)"/g)].map(([, path = '']) => path));
  for (const path of modules) {
    for (const [, imported = ''] of (await textOf(path)).matchAll(/from '([^']+\.[tj]s)'/g))
      modules.add(new URL(imported, `http://ui${path}`).pathname);
  }
  const links = [...modules].map((path) => `<link rel="modulepreload" href="${path}" />`);
  return html.replace('</head>', `${links.join('')}</head>`);
}
