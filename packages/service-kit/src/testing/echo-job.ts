import { z } from 'zod';
import { defineJob } from '../jobs/job.ts';

/** A job that carries a word. */
export const echoJob = defineJob({ name: 'echo', payload: z.object({ text: z.string() }), trace: 'parent' });
