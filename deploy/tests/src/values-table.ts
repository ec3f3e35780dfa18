import { read, readYaml } from './manifests.ts';

interface Schema {
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
  $defs?: Record<string, Schema>;
}

export interface Value {
  /** Such as `image.tag`. */
  path: string;
  default: unknown;
  description: string;
}

const schema = (): Schema => JSON.parse(read('deploy/chart/values.schema.json')) as Schema;

/** Every value of the chart, from its schema and `values.yaml`. The settings of a service are listed once, as `services.*`. */
export function values(): Value[] {
  const root = schema();
  const resolve = (one: Schema): Schema => ({ ...(one.$ref && root.$defs?.[one.$ref.split('/').at(-1) ?? '']), ...one });
  const walk = (given: Schema, path: string[], value: unknown): Value[] => {
    const one = resolve(given);
    if (!one.properties) return [{ path: path.join('.'), default: value, description: one.description ?? '' }];
    return Object.entries(one.properties)
      .filter(([name]) => path.join('.') !== 'services' || name === 'gateway')
      .flatMap(([name, child]) => {
        const step = path.join('.') === 'services' ? '*' : name;
        return walk(child, [...path, step], (value as Record<string, unknown> | undefined)?.[name]);
      });
  };
  return walk(root, [], readYaml('deploy/chart/values.yaml'));
}

/** The section "Values" of the chart's README: a table for each group. */
export function valuesInWords(): string {
  const groups = Map.groupBy(values(), ({ path }) => path.split('.')[0] ?? '');
  return Array.from(groups, ([group, rows]) => {
    const about = schema().properties?.[group]?.description ?? '';
    if (rows.length === 1 && rows[0]?.path === group) return `### ${group}\n\n${table(rows)}`;
    return `### ${group}\n\n${about}.\n\n${table(rows)}`;
  }).join('\n\n');
}

function table(rows: readonly Value[]): string {
  const cells = [['value', 'default', 'meaning'], ...rows.map((row) => [`\`${row.path}\``, inCode(row.default), row.description])];
  const widths = [0, 1, 2].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function inCode(value: unknown): string {
  if (value === '' || value === undefined) return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

const [START, END] = ['<!-- values -->', '<!-- end of values -->'];

/** The chart's README with the values as they are now. */
export function readmeWithValues(): string {
  const text = read('deploy/chart/README.md');
  return `${text.slice(0, text.indexOf(START) + START.length)}\n\n${valuesInWords()}\n\n${text.slice(text.indexOf(END))}`;
}
