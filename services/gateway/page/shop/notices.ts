import { byId, element } from '@waymark/page-kit/element';
import { Problem } from './requests.ts';
import { traceLink } from './trace-link.ts';

/** Announces a change of the page to screen readers. */
export function say(news: string) {
  byId('news', HTMLElement).textContent = news;
}

/** Shows an error with its trace until it is closed or the user does something else. An error that is not a Problem is a bug of the page and is rethrown. `retry`: does the same again. */
export function showProblem(error: unknown, retry?: () => Promise<void>) {
  if (!(error instanceof Problem)) throw error;
  const close = element('button', { type: 'button', className: 'small', textContent: 'Close', onclick: hideProblem });
  const words = element('div', {}, element('p', {}, element('b', {}, error.title)), element('p', {}, error.message));
  if (error.traceId) words.append(element('p', {}, traceLink(error.traceId, 'See what happened in the trace')));
  const again = retry
    ? [element('button', { type: 'button', className: 'small', textContent: 'Try again', onclick: () => void retry() })]
    : [];
  const notice = byId('problem', HTMLElement);
  notice.replaceChildren(words, ...again, close);
  notice.hidden = false;
}

export function hideProblem() {
  byId('problem', HTMLElement).hidden = true;
}

addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') hideProblem();
});
