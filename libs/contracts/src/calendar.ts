import { z } from 'zod';

/** A calendar month of a market: `2026-10`; from 1970-01 to 9998-12, as books know them. */
export const monthSchema = z
  .string()
  .regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/, { error: 'must be a month such as 2026-10', abort: true })
  .refine((month) => month >= '1970-01' && month <= '9998-12', 'must be a month from 1970-01 to 9998-12')
  .meta({ description: "A calendar month in the market's time zone", examples: ['2026-10'] });

/** A span of time, in ms since the epoch. */
export interface Span {
  readonly from: number;
  /** The first instant that is no more in it. */
  readonly to: number;
}

/** When a month (`YYYY-MM`) begins and ends in a time zone of the IANA database. Throws `RangeError` for what is no month. */
export function monthSpan(month: string, timeZone: string): Span {
  if (!monthSchema.safeParse(month).success) throw new RangeError(`"${month}" is not a month`);
  const [year, number] = month.split('-').map(Number) as [number, number];
  return { from: midnightOfFirst(year, number - 1, timeZone), to: midnightOfFirst(year, number, timeZone) };
}

/** The month (`YYYY-MM`) that an instant lies in, in a time zone. */
export function monthAt(ms: number, timeZone: string): string {
  return new Date(ms + offsetAt(ms, timeZone)).toISOString().slice(0, 7);
}

/** The first instant of a month (from 0; 12 is January of the next year) in a time zone. */
function midnightOfFirst(year: number, month: number, timeZone: string): number {
  const asIfUtc = Date.UTC(year, month, 1);
  const guess = asIfUtc - offsetAt(asIfUtc, timeZone);
  // The offset at the guess is the right one, unless the clocks change between the two.
  return asIfUtc - offsetAt(guess, timeZone);
}

/** By how many ms the clocks of a zone are ahead of UTC at an instant. */
function offsetAt(ms: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return local - Math.floor(ms / 1000) * 1000;
}
