const MILLISECOND = 1_000_000n;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });

/** A moment in nanoseconds since 1970 as a `Date`; one that no calendar has becomes 1970. */
export function dateOf(time: bigint): Date {
  const date = new Date(Number(time / MILLISECOND));
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}

/** `14:43:24`, and with the day before it when that is not today. Local time. */
export function clockTime(time: bigint): string {
  const date = dateOf(time);
  const today = day.format(date) === day.format(new Date());
  return today ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}

/** `14:43:24.120`, with the day. Local time. */
export const exactTime = (time: bigint): string => {
  const date = dateOf(time);
  return `${day.format(date)}, ${clock.format(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};
