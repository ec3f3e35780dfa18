import { z } from 'zod';
import { job } from '../job.ts';

/** A job that carries a word. */
export const echoJob = job({ name: 'echo', payload: z.object({ text: z.string() }), trace: 'parent' });
