import { contextKey, RequestContext } from '@waymark/context';

const USER = contextKey<string>('user.id');

/** Runs `fn` on behalf of a user. The user's id follows it into detached tasks and jobs, and is in every log line. */
export function forUser<T>(id: string, fn: () => T): T {
  return RequestContext.current().with(USER, id).run(fn);
}

/** The id of the user for whom the current request or job runs, if it runs for one. */
export function currentUser(): string | undefined {
  return RequestContext.current().get(USER);
}
