import { monthSpan, type Market, type Span } from '@florin/contracts';
import type { StatementPeriod } from '@florin/statements';

/** A month (`YYYY-MM`) of a market, as its statements are of it. Throws `RangeError` for what is no month. */
export function monthPeriod(month: string, market: Market): StatementPeriod {
  return { label: month, ...monthSpan(month, market.timeZone), timeZone: market.timeZone };
}

/** A span of time, as statements in a market are of it. */
export function spanPeriod({ from, to }: Span, market: Market): StatementPeriod {
  const label = [from, to].map((ms) => new Date(ms).toISOString()).join('/');
  return { label, from, to, timeZone: market.timeZone };
}

/** The clocks of those who write a book and of those who read it differ by less. */
const clockSkewMs = 60_000;

/** Whether nothing can be recorded within a period any more. */
export function isOver({ to }: Span, nowMs: number): boolean {
  return nowMs >= to + clockSkewMs;
}
