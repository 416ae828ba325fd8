/** What this server does not do, by service, and what to do instead. */
const REFUSALS: Readonly<Record<string, string>> = {
  'event_store.client.persistent_subscriptions.PersistentSubscriptions':
    'no persistent subscriptions; use a catch-up subscription and keep its position',
  'event_store.client.projections.Projections':
    'no projections; subscribe to $all and project in the service',
  'event_store.client.users.Users': 'no management of users; give it its users when it is started',
  'event_store.client.operations.Operations':
    'no operations such as scavenging; nothing is ever removed from disk',
  'event_store.client.monitoring.Monitoring': 'no statistics; look at the process and its folder',
};

/**
 * What of that is nevertheless named as supported, with its features: a client that does not find it tries HTTP/1.1, where nobody
 * answers with a sentence, or asks for a newer server.
 */
export const NAMED_AND_REFUSED: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['Create', 'Update', 'Delete', 'Read', 'GetInfo', 'ReplayParked', 'List', 'RestartSubsystem'].map(
      (method) => [
        `/event_store.client.persistent_subscriptions.PersistentSubscriptions/${method}`,
        ['stream', 'all'],
      ],
    ),
  ),
  '/event_store.client.projections.Projections/Create': ['track_emitted_streams'],
};

/** The sentence for a path that is not served: `/package.Service/Method`. */
export function refusal(path: string): string {
  const service = path.split('/')[1] ?? '';
  const reason = REFUSALS[service] ?? `no ${path}`;
  return `The embedded event store has ${reason}. EventStoreDB (KurrentDB) has it.`;
}
