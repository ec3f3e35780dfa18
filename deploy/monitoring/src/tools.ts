import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The programs of Prometheus, by the names that they have upstream and in Debian. */
const NAMES = {
  prometheus: ['prometheus'],
  promtool: ['promtool'],
  alertmanager: ['alertmanager', 'prometheus-alertmanager'],
  amtool: ['amtool'],
  'node exporter': ['node_exporter', 'prometheus-node-exporter'],
};

export type Tool = keyof typeof NAMES;

/** The path of a program in PATH, if it is installed under one of these names. */
export function findProgram(...names: string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

/** The path of a program of Prometheus, if it is installed. */
export const findTool = (tool: Tool): string | undefined => findProgram(...NAMES[tool]);

/** The path of a program. @throws {Error} that says how to install it */
export function tool(name: Tool): string {
  const path = findTool(name);
  if (path === undefined) {
    throw new Error(`${name} is not installed. On Debian: apt-get install prometheus prometheus-alertmanager prometheus-node-exporter`);
  }
  return path;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
