import { WrongUse } from '@florin/configuration';
import { connectEventStore, EventStoreUnavailable, type EventStore } from '@florin/event-store';

/** Hands over an event store that answers. Throws WrongUse for what is no address, and EventStoreUnavailable, both without secrets. */
export async function withStore<T>(url: string, use: (store: EventStore) => Promise<T>): Promise<T> {
  const store = connect(url);
  try {
    await store.ping();
    return await use(store);
  } catch (error) {
    if (!(error instanceof EventStoreUnavailable)) throw error;
    throw new EventStoreUnavailable(
      `The event store at ${withoutSecrets(url)} does not answer: is it running?`,
      error,
    );
  } finally {
    await store.close();
  }
}

function connect(url: string): EventStore {
  try {
    return connectEventStore(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WrongUse(`${withoutSecrets(url)} is not an address of an event store: ${reason}`);
  }
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/s, '');
}
