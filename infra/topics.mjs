import { allTopics } from '@florin/contracts';
import { ensureTopics } from '@florin/messaging';

/** `node infra/topics.mjs`: creates the topics that are missing on the brokers that KAFKA_BROKERS names, and ends. */
const brokers = (process.env.KAFKA_BROKERS ?? '')
  .split(',')
  .map((broker) => broker.trim())
  .filter((broker) => broker !== '');
if (brokers.length === 0) {
  console.error('KAFKA_BROKERS is missing: host:port of Kafka brokers, separated by commas');
  process.exit(78);
}

const topics = allTopics();
await ensureTopics({ brokers, clientId: 'florin-topics', topics });
console.log(`${topics.length} topics are there: ${topics.map(({ name }) => name).join(', ')}`);
