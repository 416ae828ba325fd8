import { monthPeriod } from '@florin/books';
import { WrongUse } from '@florin/configuration';
import type { Market } from '@florin/contracts';

/** What `--period 2026-10` names, in the market's time zone. Throws WrongUse. */
export function monthOf(text: string, market: Market): ReturnType<typeof monthPeriod> {
  try {
    return monthPeriod(text, market);
  } catch (error) {
    if (error instanceof RangeError) throw new WrongUse(`--period: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A file of `--out` that cannot be written is wrong use; any other error is thrown on. */
export function refuseUnwritable(error: unknown): never {
  const ofTheSystem = typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
  if (ofTheSystem) throw new WrongUse(`--out: ${String(error.message)}`, { cause: error });
  throw error;
}
