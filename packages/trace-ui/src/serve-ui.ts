import type { IncomingMessage, ServerResponse } from 'node:http';
import { PageFiles } from '@waymark/page-kit';

const files = new PageFiles({
  '/ui/': new URL('../pages/', import.meta.url),
  '/trace-model/': new URL('.', import.meta.resolve('@waymark/trace-model')),
  '/semantic-conventions/': new URL('.', import.meta.resolve('@waymark/semantic-conventions')),
});

/** The pages have the paths that they have in Jaeger. */
function pageAt(path: string): { status: number; file: string } {
  if (path === '/' || path === '/search') return { status: 200, file: '/ui/search/search.html' };
  if (path === '/dependencies') return { status: 200, file: '/ui/dependencies/dependencies.html' };
  if (path === '/monitor') return { status: 200, file: '/ui/monitor/monitor.html' };
  if (path === '/file') return { status: 200, file: '/ui/trace/trace.html' };
  if (/^\/trace\/[^/]*\.\.\.[^/]*$/.test(path)) return { status: 200, file: '/ui/compare/compare.html' };
  if (/^\/trace\/[^/]+$/.test(path)) return { status: 200, file: '/ui/trace/trace.html' };
  return { status: 404, file: '/ui/shared/not-found.html' };
}

/** Answers a GET or HEAD outside of the API: with a page, one of its files, or a page that says that there is none. */
export async function serveUi(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').replace(/[?#].*$/, '');
  const { status, file } = files.has(path) ? { status: 200, file: path } : pageAt(path);
  const { headers, body } = await files.load(file);
  const isKnown = request.headers['if-none-match'] === headers['etag'];
  response.writeHead(isKnown ? 304 : status, headers);
  response.end(isKnown || request.method === 'HEAD' ? undefined : body);
}
