import { attributeText } from './attribute.ts';
import type { Span } from './trace.ts';

/** The database that a CLIENT span calls, as `system/name` (`db.system.name`, formerly `db.system`); undefined for other spans. */
export function databaseOf({ kind, attributes }: Span): string | undefined {
  const system = attributes['db.system.name'] ?? attributes['db.system'];
  if (kind !== 'CLIENT' || system === undefined) return undefined;
  const name = attributes['db.namespace'];
  return attributeText(system) + (name === undefined ? '' : `/${attributeText(name)}`);
}
