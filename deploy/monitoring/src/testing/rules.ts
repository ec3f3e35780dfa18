import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../prometheus');

/** The text of all rules. */
export const rulesText = (): string => ['alerts', 'slo'].map((name) => readFileSync(join(FOLDER, `${name}.rules.yml`), 'utf8')).join('\n');

/** Each alert, with the text of its rule. */
export function alertRules(): { alert: string; text: string }[] {
  const [, ...rules] = rulesText().split(/^ +- (?=alert:)/m);
  return rules.map((text) => ({
    alert: /^alert: (\w+)/.exec(text)?.[1] ?? '',
    text: text.split(/^ +- (?:record|alert|name|\{)/m)[0] ?? '',
  }));
}
