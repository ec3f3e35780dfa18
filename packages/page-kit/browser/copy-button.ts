import { element } from './element.ts';

const SHOWN_MS = 1_500;

/** A button that copies the text of `source`. Where the browser keeps the clipboard from pages (plain HTTP from another machine), it selects it. */
export function copyButton(source: HTMLElement, what: string, text = (): string => source.textContent): HTMLButtonElement {
  const button = element('button', { type: 'button', className: 'small' });
  const show = (word: string): HTMLButtonElement => Object.assign(button, { textContent: word, ariaLabel: `${word} ${what}` });
  const act = async (): Promise<void> => {
    const copied = await copy(text());
    if (!copied) getSelection()?.selectAllChildren(source);
    show(copied ? 'Copied' : 'Selected');
    setTimeout(() => show('Copy'), SHOWN_MS);
  };
  button.addEventListener('click', () => void act());
  return show('Copy');
}

/** An id in a monospaced face beside a button that copies it. */
export function copyableId(id: string, what: string, copied = id): HTMLElement {
  const code = element('code', {}, id);
  return element(
    'span',
    { className: 'copyable' },
    code,
    copyButton(code, what, () => copied),
  );
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
