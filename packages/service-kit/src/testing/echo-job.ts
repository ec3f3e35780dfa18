import { z } from 'zod';
import { job } from '../job.ts';

/** A job that carries a word. */
export const echoJob = job('echo', z.object({ text: z.string() }));
