import { contextKey } from '../context/request-context.ts';

export const USER = contextKey<string>('user');
