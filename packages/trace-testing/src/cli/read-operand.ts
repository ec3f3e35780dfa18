import { readFile } from 'node:fs/promises';
import { readTraces, TraceFormatError, type Trace } from '@waymark/trace-model';
import { traceBackend } from '../traces/trace-backend.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';
import { Misuse } from './misuse.ts';

/** The traces that the operands name. Throws `Misuse` if there are no operands, or if one names no trace. */
export async function readOperands({ operands, url }: Given, io: Io): Promise<readonly Trace[]> {
  if (operands.length === 0) throw new Misuse('a trace is missing: give a trace id, a file, or - for standard input.');
  const traces: Trace[] = [];
  for (const operand of operands) traces.push(...(await readOperand(operand, url, io)));
  return traces;
}

async function readOperand(operand: string, url: string, io: Io): Promise<readonly Trace[]> {
  if (operand === '-') return parse(await io.input(), 'standard input');
  if (!/^[0-9a-f]{32}$/i.test(operand)) return parse(await file(operand), operand);
  const trace = await traceBackend(url).trace(operand.toLowerCase());
  if (trace.spans.length === 0)
    throw new Misuse(`there is no trace ${operand} at ${url}. If it is still being exported, \`trace wait\` waits for it.`);
  return [trace];
}

async function file(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const id = /^[0-9a-f]+$/i.test(path) ? `. It is not a trace id either: that has 32 hex digits, not ${path.length}` : '';
    throw new Misuse(`${path} cannot be read (${error.code})${id}.`, { cause: error });
  });
}

function parse(text: string, from: string): readonly Trace[] {
  try {
    const traces = readTraces(parseJson(text, from));
    if (traces.length === 0) throw new Misuse(`${from} has no spans.`);
    return traces;
  } catch (error) {
    if (error instanceof TraceFormatError) throw new Misuse(`${from} is ${error.message}.`, { cause: error });
    throw error;
  }
}

/** A JSON document, or JSON lines. The Collector's file exporter writes an `ExportTraceServiceRequest` on each line. */
function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const lines = text.split('\n').map((line, at) => ({ line, number: at + 1 }));
    const filled = lines.filter(({ line }) => line.trim() !== '');
    if (filled.length < 2 || !isJson(filled[0]?.line ?? '')) {
      throw new Misuse(`${from} is not JSON: ${(error as Error).message}.`, { cause: error });
    }
    return filled.map(({ line, number }) => parseLine(line, `line ${number} of ${from}`)).filter(hasNoOtherSignal);
  }
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Misuse(`${where} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The Collector may write metrics and logs into the same file. */
const hasNoOtherSignal = (request: unknown): boolean =>
  typeof request !== 'object' || request === null || !('resourceMetrics' in request || 'resourceLogs' in request);
