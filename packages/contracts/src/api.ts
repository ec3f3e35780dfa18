import type { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Maps the success status to the body schema. A route has exactly one success answer; `z.undefined()` means an empty body. */
export type Answers = Readonly<Record<number, z.ZodType>>;

/** Maps an error status to the values that the problem's `code` may have. */
export type Errors = Readonly<Record<number, readonly string[]>>;

/** One route. Validation, typed clients and OpenAPI are derived from it. */
export interface Route {
  method: Method;
  /** In OpenAPI style: `/orders/{id}`. It is also the span's `http.route`. */
  path: string;
  /** A short title for lists of routes. */
  summary: string;
  /** More that a caller should know. Every public route has one. */
  description?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** Header names must be in lower case. */
  headers?: z.ZodObject;
  body?: z.ZodType;
  answers: Answers;
  errors?: Errors;
  /** True if repeating the request has no further effect (RFC 9110 §9.2.2), so that a client may retry it. Every method except POST is idempotent anyway. */
  idempotent?: boolean;
  /** True if operators call the route too, with commands that are not traced. */
  forOperators?: boolean;
}

export type Routes = Readonly<Record<string, Route>>;

export interface Api<R extends Routes = Routes> {
  service: string;
  routes: R;
  /** Describes each group of routes. A group is the first word of the path. */
  tags?: Readonly<Record<string, string>>;
  /** Headers on every answer in addition to those that name its trace, each with a description and an example. */
  answerHeaders?: Readonly<Record<string, { description: string; example: string }>>;
}

/** Declares the API of one service: its name, and its routes by name. */
export function api<const R extends Routes>(service: string, routes: R): Api<R> {
  return { service, routes };
}

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
type Input<S> = S extends z.ZodType ? z.input<S> : undefined;

type Part = 'params' | 'query' | 'headers' | 'body';
type Get<R, P extends string> = P extends keyof R ? R[P] : undefined;

/** What a handler receives: each declared part, validated. */
export type RequestOf<R extends Route> = { [P in Part as Get<R, P> extends z.ZodType ? P : never]: Output<Get<R, P>> };

/** What a client passes: each declared part, before defaults are filled in. */
export type CallOf<R extends Route> = { [P in Part as Get<R, P> extends z.ZodType ? P : never]: Input<Get<R, P>> };

/** The body of the route's success answer. */
export type AnswerOf<R extends Route> = Output<R['answers'][keyof R['answers'] & number]>;

/** Returns the route's success status and the schema of its body. */
export function successOf(route: Route): { status: number; body: z.ZodType } {
  const [entry] = Object.entries(route.answers);
  if (!entry) throw new Error(`${route.method} ${route.path} declares no answer`);
  return { status: Number(entry[0]), body: entry[1] };
}

/** Whether repeating the request has no further effect (RFC 9110 §9.2.2). */
export function isIdempotent(route: Route): boolean {
  return route.method !== 'POST' || route.idempotent === true;
}
