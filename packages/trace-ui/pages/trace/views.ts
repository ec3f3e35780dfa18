import { byId } from '@waymark/page-kit/element';
import { setUrlState, urlState } from '../shared/url-state.ts';

const VIEWS = ['timeline', 'flame', 'services', 'graph'] as const;
type View = (typeof VIEWS)[number];

const tab = (view: View): HTMLElement => byId(`tab-${view}`, HTMLElement);

/** Lets the tabs choose the view (ARIA Authoring Practices, tabs). `shown` is called when a view becomes visible. */
export function connectViews(shown: (view: View) => void): void {
  const show = (view: View): void => {
    for (const one of VIEWS) {
      byId(one, HTMLElement).hidden = one !== view;
      tab(one).ariaSelected = String(one === view);
      tab(one).tabIndex = one === view ? 0 : -1;
    }
    setUrlState({ view: view === 'timeline' ? '' : view });
    shown(view);
  };
  for (const [place, view] of VIEWS.entries()) {
    tab(view).addEventListener('click', () => show(view));
    tab(view).addEventListener('keydown', ({ key }) => {
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      const next = VIEWS[(place + step + VIEWS.length) % VIEWS.length] ?? view;
      if (step === 0) return;
      tab(next).focus();
      show(next);
    });
  }
  show(VIEWS.find((view) => view === urlState().get('view')) ?? 'timeline');
}
