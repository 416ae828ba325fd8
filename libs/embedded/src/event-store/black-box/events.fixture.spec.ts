import { jsonEvent } from '@eventstore/db-client';

/** JSON events numbered from `first`, of one type. */
export function numbered(count: number, { type = 'Counted', first = 0 } = {}) {
  return Array.from({ length: count }, (_, index) => jsonEvent({ type, data: { number: first + index } }));
}

/** What a read gives. */
export async function eventsOf<T>(read: AsyncIterable<{ event?: T }>): Promise<T[]> {
  const events: T[] = [];
  for await (const { event } of read) if (event !== undefined) events.push(event);
  return events;
}

/** The numbers of events made by `numbered`. */
export async function numbersOf(read: AsyncIterable<{ event?: { data?: unknown } }>): Promise<number[]> {
  return (await eventsOf(read)).map(({ data }) => (data as { number: number }).number);
}

/** The error that an attempt ends with. */
export async function refusalOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: unknown) => error,
  );
}

/** Collects `count` things that happen, then goes on. */
export function expecting<T>(count: number): { readonly all: Promise<T[]>; got(value: T): void } {
  const { promise, resolve } = Promise.withResolvers<T[]>();
  const values: T[] = [];
  return {
    all: promise,
    got(value) {
      values.push(value);
      if (values.length === count) resolve(values);
    },
  };
}
