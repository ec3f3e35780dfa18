const MILLISECOND = 1_000_000n;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });

/** A time in nanoseconds since 1970. One that a `Date` cannot hold becomes 1970. */
export function dateOf(time: bigint): Date {
  const date = new Date(Number(time / MILLISECOND));
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}

/** `14:43:24` in local time, with the day if that is not today. */
export function clockTime(time: bigint): string {
  const date = dateOf(time);
  const today = day.format(date) === day.format(new Date());
  return today ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}

/** The day and `14:43:24.120` in local time. */
export const exactTime = (time: bigint): string => {
  const date = dateOf(time);
  return `${day.format(date)}, ${clock.format(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};
