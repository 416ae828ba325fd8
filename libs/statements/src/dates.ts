/** Dates of one time zone. */
export interface ZoneDates {
  /** `2026-10-31` */
  day(ms: number): string;
  /** `2026-10-31T23:59:59.999+01:00` */
  time(ms: number): string;
}

/** Every time zone lies a whole number of quarter hours from UTC, so that no day begins within one. */
const slotMs = 15 * 60_000;

/** How instants (ms since the epoch) are written in a time zone of the IANA database. Throws `RangeError` for no zone. */
export function datesIn(timeZone: string): ZoneDates {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  });
  const partsAt = (ms: number): Map<string, string> =>
    new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const dayOf = (parts: Map<string, string>): string =>
    `${parts.get('year')?.padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`;
  const days = new Map<number, string>();
  return {
    day(ms) {
      const slot = Math.floor(ms / slotMs);
      const day = days.get(slot) ?? dayOf(partsAt(ms));
      days.set(slot, day);
      return day;
    },
    time(ms) {
      const parts = partsAt(ms);
      const clock = `${parts.get('hour')}:${parts.get('minute')}:${parts.get('second')}`;
      const offset = parts.get('timeZoneName')?.slice('GMT'.length) || '+00:00';
      return `${dayOf(parts)}T${clock}.${new Date(ms).toISOString().slice(20, 23)}${offset}`;
    },
  };
}
