import { attributeText } from '@waymark/trace-model';
import type { Attributes } from '@waymark/trace-model';
import { element } from './element.ts';
import { shown } from './shown.ts';

const LONG = 400;

/** Attributes under headings by the first part of their names; `more` may add something after a value, such as a link. */
export function attributeGroups(attributes: Attributes, more?: (name: string, text: string) => Node): readonly HTMLElement[] {
  const groups = Map.groupBy(Object.keys(attributes).toSorted(), (name) => /^[^.]+(?=\.)/.exec(name)?.[0] ?? '');
  return [...groups].map(([heading, names]) =>
    element('div', { className: 'group' }, heading ? element('h4', {}, shown(heading)) : undefined, attributeList(attributes, names, more)),
  );
}

/** Some attributes as names and values. */
export function attributeList(attributes: Attributes, names = Object.keys(attributes), more?: (name: string, text: string) => Node): HTMLElement {
  const pairs = names.map((name) => {
    const text = attributeText(attributes[name]);
    return element('div', {}, element('dt', {}, shown(name)), element('dd', {}, valueOf(text), more?.(name, text)));
  });
  return element('dl', { className: 'attributes' }, ...pairs);
}

/** Text of several lines keeps them; very long text is folded. */
function valueOf(text: string): HTMLElement {
  const made = /\n/.test(text) ? element('pre', {}, shown(text)) : element('span', {}, shown(text) || '(empty)');
  if (text.length <= LONG) return made;
  return element('details', {}, element('summary', {}, `${shown(text.slice(0, 80))}… (${text.length.toLocaleString('en')} characters)`), made);
}
