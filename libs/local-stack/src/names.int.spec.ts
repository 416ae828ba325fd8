import { readFileSync } from 'node:fs';
import { apacheKafkaVersion } from './names.js';

it('the version of Apache Kafka that is told is the one that is fetched', () => {
  const pom = readFileSync(new URL('apache-kafka/pom.xml', import.meta.url), 'utf8');
  expect(/<version>([^<]*)</.exec(pom)?.[1]).toBe(apacheKafkaVersion);
});
