import { readFile } from 'node:fs/promises';
import { readTraces, TraceFormatError, type Trace } from '#trace-model';
import { traceBackend } from '../trace-backend.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';
import { Misuse } from './misuse.ts';

/** The traces that the operands name, at least so many operands. Throws `Misuse` where one names none. */
export async function readOperands({ operands, url }: Given, io: Io, least = 1): Promise<readonly Trace[]> {
  if (operands.length < least)
    throw new Misuse(`${least === 1 ? 'a trace is' : `${least} traces are`} missing: give a trace id, a file, or - for standard input.`);
  const traces: Trace[] = [];
  for (const operand of operands) traces.push(...(await readOperand(operand, url, io)));
  return traces;
}

async function readOperand(operand: string, url: string, io: Io): Promise<readonly Trace[]> {
  if (operand === '-') return parse(await io.input(), 'standard input');
  if (!/^[0-9a-f]{32}$/i.test(operand)) return parse(await file(operand), operand);
  const trace = await traceBackend(url).trace(operand.toLowerCase());
  if (trace.spans.length === 0)
    throw new Misuse(`there is no trace ${operand} at ${url}. \`trace wait\` waits for one that is on its way.`);
  return [trace];
}

async function file(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const id = /^[0-9a-f]+$/i.test(path) ? `, and no trace id, which has 32 hex digits and not ${path.length}` : '';
    throw new Misuse(`${path} is no file that can be read (${error.code})${id}.`, { cause: error });
  });
}

function parse(text: string, from: string): readonly Trace[] {
  try {
    const traces = readTraces(JSON.parse(text));
    if (traces.length === 0) throw new Misuse(`${from} has no spans.`);
    return traces;
  } catch (error) {
    if (error instanceof TraceFormatError) throw new Misuse(`${from} is ${error.message}.`, { cause: error });
    if (error instanceof SyntaxError) throw new Misuse(`${from} is not JSON: ${error.message}.`, { cause: error });
    throw error;
  }
}
