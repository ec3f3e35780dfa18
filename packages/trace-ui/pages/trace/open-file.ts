import { byId, element } from '@waymark/page-kit/element';
import { readTraces } from '@waymark/trace-model';
import type { Trace } from '@waymark/trace-model';
import { counted, shown } from '../shared/shown.ts';

/** Asks for a file with traces, and calls `open` with the one to show. The file is read in the browser and sent nowhere. */
export function connectFiles(open: (trace: Trace) => void): void {
  const input = element('input', { type: 'file', id: 'file', accept: '.json,application/json' });
  const choices = element('div', { role: 'status' });
  input.addEventListener('change', () => void read(input.files?.[0], choices, open));
  const page = byId('absent', HTMLElement);
  page.hidden = false;
  page.replaceChildren(
    element('h1', {}, 'Open a file'),
    element('p', {}, 'Choose a JSON file with traces: OTLP, or what Jaeger’s UI or API downloads. It stays in this browser.'),
    element('label', { className: 'field' }, 'File ', input),
    choices,
  );
  document.title = 'Open a file · Waymark';
  document.querySelector('nav a[href="/file"]')?.setAttribute('aria-current', 'page');
}

async function read(file: File | undefined, choices: HTMLElement, open: (trace: Trace) => void): Promise<void> {
  if (!file) return;
  try {
    const traces = readTraces(JSON.parse(await file.text()));
    if (traces.length === 1 && traces[0]) return open(traces[0]);
    choices.replaceChildren(traces.length === 0 ? element('p', {}, `${file.name} has no spans.`) : choiceOf(traces, open));
  } catch (error) {
    choices.replaceChildren(element('p', { className: 'errors' }, `${file.name} cannot be read: ${(error as Error).message}`));
  }
}

function choiceOf(traces: readonly Trace[], open: (trace: Trace) => void): HTMLElement {
  const items = traces.map((trace) => {
    const root = trace.spans.find(({ parentSpanId }) => parentSpanId === undefined) ?? trace.spans[0];
    const button = element('button', { type: 'button' }, shown(`${root?.service} ${root?.name}, ${counted(trace.spans.length, 'span')}`));
    button.addEventListener('click', () => open(trace));
    return element('li', {}, button);
  });
  return element(
    'div',
    {},
    element('p', {}, `The file has ${counted(traces.length, 'trace')}:`),
    element('ul', { className: 'plain choices' }, ...items),
  );
}
