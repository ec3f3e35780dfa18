import { contextKey } from '@waymark/context';

export const USER = contextKey<string>('user');
