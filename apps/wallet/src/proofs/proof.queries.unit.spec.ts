import { appendCheckpoint, type LiabilityDocument } from '@florin/books';
import type { EventStore, StoredEvent } from '@florin/event-store';
import { generateKey } from '@florin/proofs';
import { NothingSaid, NotMadeYet, ProofQueries } from './proof.queries.js';

const ledger = 'it-eur';
const never = new Promise<never>(() => undefined);

/** Has one checkpoint, and never answers what else it is asked. */
async function storeWith(owed: boolean): Promise<Pick<EventStore, 'read'>> {
  const stored: StoredEvent[] = [];
  const append: EventStore['append'] = (_, [event]) => {
    stored.push({ metadata: undefined, ...event!, revision: 0n, created: new Date(0) });
    return Promise.resolve({ revision: 0n });
  };
  await appendCheckpoint({ append }, ledger, { note: 'a note', size: 9, keyId: 'k', owed }, undefined);
  return {
    async *read(stream) {
      yield stream.startsWith('checkpoints-') ? stored : await never;
    },
  };
}

describe('a proof of what is owed', () => {
  const asking = async (
    owed: boolean,
    asked: { account?: string; size?: number },
  ): Promise<LiabilityDocument | undefined> => {
    const { verifier } = generateKey('florin.example/ledger/it-eur');
    const queries = new ProofQueries({
      ...{ store: await storeWith(owed), sql: { query: () => never }, keys: new Map([[ledger, [verifier]]]) },
      ...{ liabilitiesSecret: 'secret', atHead: () => never, nowMs: () => 0, sleep: () => Promise.resolve() },
      stopping: new AbortController().signal,
    });
    return queries.liabilityProof('anna', ledger, asked);
  };

  it('is not waited for when it takes long', async () => {
    await expect(asking(true, {})).rejects.toThrow(NotMadeYet);
    await expect(asking(true, { size: 9, account: 'wallet:anna' })).rejects.toThrow(NotMadeYet);
  });

  it('is not there where no checkpoint of this size says it', async () => {
    await expect(asking(false, {})).rejects.toThrow(NothingSaid);
    await expect(asking(true, { size: 8 })).rejects.toThrow(NothingSaid);
  });
});
