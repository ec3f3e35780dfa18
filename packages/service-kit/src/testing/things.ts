import { api } from '@waymark/contracts';
import { z } from 'zod';

const thing = z.object({ name: z.string(), size: z.int().positive() });

/** A small contract for the tests, with one route of each kind. */
export const thingsApi = api('things', {
  list: {
    method: 'GET',
    path: '/things',
    summary: 'Things',
    query: z.object({ limit: z.coerce.number().int().min(1).max(5).default(2) }),
    answers: { 200: z.object({ items: z.array(thing) }) },
  },
  get: {
    method: 'GET',
    path: '/things/{id}',
    summary: 'A thing',
    params: z.object({ id: z.string().regex(/^[a-z-]{1,20}$/) }),
    answers: { 200: thing },
    errors: { 404: ['not_found'], 409: ['out_of_stock'] },
  },
  put: {
    method: 'PUT',
    path: '/things/{id}',
    summary: 'Keep a thing',
    headers: z.object({ 'x-colour': z.string().regex(/^[a-z]+$/), 'x-user-id': z.string().optional() }),
    params: z.object({ id: z.string() }),
    body: z.object({ parts: z.array(thing).max(3), note: z.string().optional() }),
    answers: { 200: z.object({ parts: z.int(), noteLength: z.int() }) },
  },
  add: { method: 'POST', path: '/things', summary: 'Add a thing', body: thing, answers: { 201: thing } },
  remove: {
    method: 'DELETE',
    path: '/things/{id}',
    summary: 'Remove a thing',
    params: z.object({ id: z.string() }),
    answers: { 204: z.undefined() },
  },
});
