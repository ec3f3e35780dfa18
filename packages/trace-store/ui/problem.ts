import { byId } from './element.ts';

/** Says what went wrong, where everybody sees and hears it. */
export function showProblem(error: unknown): void {
  const box = byId('problem', HTMLElement);
  const text = error instanceof Error ? error.message : String(error);
  if (box.textContent !== text) box.textContent = text;
  box.hidden = false;
}

export function hideProblem(): void {
  byId('problem', HTMLElement).hidden = true;
}
