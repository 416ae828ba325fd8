import { ledgerStream } from '@florin/contracts';
import { eventAt, sha256, type EventStore } from '@florin/event-store';
import { createReplay, type Replay, type ReplayOptions } from '@florin/ledger';

/** Reads a book from its first event on and verifies each; stops at the first that is wrong. See `Replay.finding`. */
export async function replayBook(
  store: Pick<EventStore, 'read'>,
  ledger: string,
  options: ReplayOptions = {},
): Promise<Replay> {
  const stream = ledgerStream(ledger);
  const replay = createReplay(ledger, sha256, options);
  for await (const page of store.read(stream)) {
    for (const event of page) replay.accept(event);
    if (replay.finding !== undefined) break;
  }
  await replay.checkReversals((revision) => eventAt(store, stream, revision));
  return replay;
}
