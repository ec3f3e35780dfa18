import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulesText } from './rules.ts';

const DASHBOARDS = join(import.meta.dirname, '../../grafana/dashboards');

export interface Panel {
  title: string;
  type: string;
  datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string }[];
}

export interface Dashboard {
  uid: string;
  panels: Panel[];
}

export const dashboards = (): Dashboard[] =>
  readdirSync(DASHBOARDS).map((file) => JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as Dashboard);

/** The queries of all panels. Grafana replaces `$__rate_interval`. */
export const panelQueries = (): { title: string; expr: string; legendFormat: string }[] =>
  dashboards().flatMap(({ panels }) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat }) => ({ title, legendFormat, expr: expr.replaceAll('$__rate_interval', '1m') })),
    ),
  );

/** The names of all metrics in rules and dashboards. */
export function usedMetrics(): string[] {
  const expressions = Array.from(rulesText().matchAll(/\bexpr: (?:'(.*?)'|>\n((?: {10,}.*\n)+)|(.*))/g), ([, ...parts]) => parts.join(' '));
  const text = [...expressions, ...panelQueries().map(({ expr }) => expr)].join('\n');
  // Without strings and the labels after `by`, what is left in words are metrics and functions; only metrics have an underscore and no parenthesis.
  const bare = text
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\bby \([^)]*\)/g, '')
    .replaceAll(/\{[^}]*\}/g, '');
  const words = bare.match(/\b(?:up|[a-z][\w:]*_[\w:]*)\b(?!\s*\()/g) ?? [];
  return [...new Set(words)].toSorted();
}
