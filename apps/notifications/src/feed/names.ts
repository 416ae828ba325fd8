import { fetchJson, type Logger } from '@florin/service-host';
import { z } from 'zod';

/** Names of people as others may see them, as far as they are known in time. Never rejects. */
export type NamesOf = (personIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;

interface Options {
  readonly identityUrl: string;
  /** Gives the Authorization header. */
  readonly authorization: () => Promise<string>;
  readonly logger: Logger;
  readonly now?: () => number;
}

const cacheSize = 10_000;
const cacheTtlMs = 10 * 60_000;
const perRequest = 500;
/** Texts do without names rather than wait longer. */
const timeoutMs = 500;
/** After a failure nobody is asked for this long, so that an outage of identity does not slow every batch. */
const pauseMs = 5_000;

const answer = z.object({ people: z.array(z.object({ personId: z.uuid(), displayName: z.string() })) });

/** Asks identity for those names that are not remembered, many at once. */
export function namesFromIdentity({ identityUrl, authorization, logger, now = Date.now }: Options): NamesOf {
  /** Oldest first: a name is not renewed by being read, so that a change shows within the time to live. */
  const cache = new Map<string, { name: string; until: number }>();
  let pausedUntil = 0;

  const fetchNames = async (ids: string[]): Promise<void> => {
    const { people } = await fetchJson(`${identityUrl}/internal/people`, {
      method: 'POST',
      headers: { authorization: await authorization() },
      body: { ids },
      schema: answer,
      timeoutMs,
    });
    for (const { personId, displayName } of people) {
      cache.delete(personId);
      cache.set(personId, { name: displayName, until: now() + cacheTtlMs });
    }
  };

  return async (personIds) => {
    const asked = [...new Set(personIds)];
    const missing = asked.filter((id) => (cache.get(id)?.until ?? 0) <= now());
    try {
      for (let from = 0; from < missing.length && pausedUntil <= now(); from += perRequest) {
        await fetchNames(missing.slice(from, from + perRequest));
      }
    } catch (error) {
      pausedUntil = now() + pauseMs;
      logger.warn({ err: error, pauseMs }, 'names cannot be looked up: texts go without');
    }
    const names = new Map(asked.flatMap((id) => (cache.has(id) ? [[id, cache.get(id)!.name] as const] : [])));
    for (const oldest of cache.keys()) {
      if (cache.size <= cacheSize) break;
      cache.delete(oldest);
    }
    return names;
  };
}
