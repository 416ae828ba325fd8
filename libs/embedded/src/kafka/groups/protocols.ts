import { array, int16, Reader, string, struct } from '../wire/codec.js';
import type { Protocol } from './group.types.js';

/** The beginning of what a member of a consumer group says of itself; the rest is between the clients. */
const subscription = struct({ version: int16, topics: array(string) });

interface Subscriber {
  readonly protocols: readonly Protocol[];
}

export function bytesOf(protocols: readonly Protocol[]): number {
  return protocols.reduce((sum, { name, metadata }) => sum + Buffer.byteLength(name) + metadata.length, 0);
}

/** The names that everybody can follow, in the order of the first list. */
export function commonProtocols(protocols: readonly Protocol[], others: readonly Subscriber[]): string[] {
  return protocols
    .map(({ name }) => name)
    .filter((name) => others.every((other) => other.protocols.some((protocol) => protocol.name === name)));
}

/** Each member votes for the first of the common protocols on its own list; the most votes win. */
export function preferredProtocol(members: readonly Subscriber[]): string {
  const common = commonProtocols(members[0]?.protocols ?? [], members);
  const votes = members.map(({ protocols }) => protocols.find(({ name }) => common.includes(name))?.name);
  const count = (name: string) => votes.filter((vote) => vote === name).length;
  return common.reduce((best, name) => (count(name) > count(best) ? name : best), common[0] ?? '');
}

export function sameProtocols(a: readonly Protocol[], b: readonly Protocol[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, metadata }, index) => name === b[index]?.name && metadata.equals(b[index].metadata))
  );
}

/** The topics that the members of a consumer group read; undefined where one's metadata say nothing that can be read. */
export function subscribedTopics(
  protocolType: string,
  members: readonly Subscriber[],
): Set<string> | undefined {
  if (members.length > 0 && protocolType !== 'consumer') return undefined;
  try {
    const metadata = members.flatMap(({ protocols }) => protocols.map((protocol) => protocol.metadata));
    return new Set(metadata.flatMap((bytes) => subscription.read(new Reader(bytes), 0).topics));
  } catch {
    return undefined;
  }
}
