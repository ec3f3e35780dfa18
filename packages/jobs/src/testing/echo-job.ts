import { z } from 'zod';
import { defineJob } from '../job.ts';

/** A job with a text. */
export const echoJob = defineJob({ name: 'echo', payload: z.object({ text: z.string() }), trace: 'parent' });
