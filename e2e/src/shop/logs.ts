import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shopUnderTest } from './shop-under-test.ts';
import { until } from '@waymark/service-kit/testing/until';

export type LogLine = Readonly<Record<string, unknown>>;

/** The log lines of a service with this trace id, when they satisfy `wished`, or as they are after 5 s. */
export async function logOf(service: string, traceId: string, wished: (lines: LogLine[]) => boolean): Promise<LogLine[]> {
  const read = async (): Promise<LogLine[]> => {
    const text = await readFile(join(shopUnderTest().logs ?? '', `${service}.log`), 'utf8');
    const lines = text.split('\n').slice(0, -1);
    return lines.filter((line) => line.includes(traceId)).map((line) => JSON.parse(line) as LogLine);
  };
  return until(read, wished, `${service} to log in trace ${traceId}`, 5_000).catch(read);
}

/** The whole log of a service. */
export const wholeLogOf = (service: string): Promise<string> => readFile(join(shopUnderTest().logs ?? '', `${service}.log`), 'utf8');
