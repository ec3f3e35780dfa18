// `pnpm lint:openapi` checks the description of the public API with the recommended rules of Redocly and Spectral. Warnings fail too.
// npx downloads the two linters on demand: as dependencies they would add 240 packages and 80 MB to every install.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { description } from './src/description.ts';

const folder = mkdtempSync(join(tmpdir(), 'waymark-openapi-'));

/** Runs a command of a package in the folder of the description. */
function npx(name: string, ...command: string[]): number {
  process.stdout.write(`\n${name}\n`);
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const { status, error } = spawnSync('npx', ['-y', '--package', name, ...command], { cwd: folder, env, stdio: 'inherit' });
  if (error) process.stderr.write(`Could not start npx: ${error.message}\n`);
  return status ?? 1;
}

try {
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(description, null, 2));
  writeFileSync(join(folder, 'spectral.yaml'), 'extends: spectral:oas\n');
  const redocly = npx('@redocly/cli@2.77.0', 'redocly', 'lint', '--extends', 'recommended-strict', 'openapi.json');
  const spectral = npx(
    '@stoplight/spectral-cli@6.16.3',
    'spectral',
    'lint',
    '--fail-severity',
    'warn',
    '--ruleset',
    'spectral.yaml',
    'openapi.json',
  );
  process.exitCode = redocly || spectral;
} finally {
  rmSync(folder, { recursive: true });
}
