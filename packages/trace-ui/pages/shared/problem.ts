import { byId } from '@waymark/page-kit/element';

/** Shows an error, and announces it to screen readers. */
export function showProblem(error: unknown): void {
  const box = byId('problem', HTMLElement);
  const text = error instanceof Error ? error.message : String(error);
  if (box.textContent !== text) box.textContent = text;
  box.hidden = false;
}

export function hideProblem(): void {
  byId('problem', HTMLElement).hidden = true;
}
