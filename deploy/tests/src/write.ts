// Writes the golden files, and the values into the chart's README, as they are now. Look at the difference before you commit it.
import { writeFileSync } from 'node:fs';
import { GOLDEN, render } from './render.ts';
import { pathOf } from './manifests.ts';
import { readmeWithValues } from './values-table.ts';

writeFileSync(pathOf('deploy/chart/README.md'), readmeWithValues());
for (const configuration of GOLDEN) writeFileSync(pathOf(`deploy/tests/golden/${configuration}.yaml`), render(configuration));
