// @ts-check
import { element } from './element.js';

const SHOWN_MS = 1_500;

/**
 * Creates a button that copies the text of `source`. If the browser forbids the clipboard (plain HTTP from another machine), it selects the text.
 * @param {HTMLElement} source
 * @param {string} what names the text for screen readers
 */
export function copyButton(source, what) {
  const button = element('button', { type: 'button', className: 'small' });
  const show = (/** @type {string} */ word) => Object.assign(button, { textContent: word, ariaLabel: `${word} ${what}` });
  const act = async () => {
    const copied = await copy(source.textContent);
    if (!copied) getSelection()?.selectAllChildren(source);
    show(copied ? 'Copied' : 'Selected');
    setTimeout(() => show('Copy'), SHOWN_MS);
  };
  button.addEventListener('click', () => void act());
  return show('Copy');
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
