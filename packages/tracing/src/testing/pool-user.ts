import { contextKey } from '../request-context.ts';

export const USER = contextKey<string>('user');
