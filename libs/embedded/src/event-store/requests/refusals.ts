/** What this server does not do, by service, and what to do instead. */
const REFUSALS: Readonly<Record<string, string>> = {
  'event_store.client.persistent_subscriptions.PersistentSubscriptions':
    'no persistent subscriptions; use a catch-up subscription and keep its checkpoint',
  'event_store.client.projections.Projections':
    'no projections; subscribe to $all and project in the service',
  'event_store.client.users.Users': 'no users; it serves this machine only',
  'event_store.client.operations.Operations':
    'no operations such as scavenging; nothing is ever removed from disk',
  'event_store.client.monitoring.Monitoring': 'no statistics',
};

/** The sentence for a path that is not served: `/package.Service/Method`. */
export function refusal(path: string): string {
  const service = path.split('/')[1] ?? '';
  const reason = REFUSALS[service] ?? `no ${path}`;
  return `The embedded event store has ${reason}. EventStoreDB (KurrentDB) has it.`;
}
