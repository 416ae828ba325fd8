import { allTopics } from '@florin/contracts';
import { ensureTopics } from '@florin/messaging';
import { type KafkaAccess, clientSettings } from './apache-kafka/access.js';

/** Makes the topics that the contracts name where they are missing. */
export async function makeTopics(access: KafkaAccess): Promise<void> {
  await ensureTopics({ clientId: 'florin-engines', ...clientSettings(access), topics: allTopics() });
}
