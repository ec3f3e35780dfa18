import { writeFile } from 'node:fs/promises';
import { ask } from './ask.ts';
import { normalise } from './normalise.ts';
import { QUESTIONS } from './questions.ts';
import { realJaeger } from './real-jaeger.ts';
import { RECORDED_FILE, recordable } from './recorded.ts';
import { sendScenarios } from './send-scenarios.ts';

// JAEGER_BINARY=… node packages/jaeger-api/src/testing/record.ts
// Asks a real Jaeger every question and writes its answers down for the runs that have none.
const jaeger = await realJaeger(process.env);
await sendScenarios(jaeger.otlpUrl);
const lines: string[] = [];
for (const question of QUESTIONS) {
  const answer = recordable(normalise(await ask(jaeger.url + question)));
  lines.push(`${JSON.stringify(question)}: ${JSON.stringify(answer)}`);
}
await writeFile(RECORDED_FILE, `{\n${lines.join(',\n')}\n}\n`);
await jaeger.stop();
