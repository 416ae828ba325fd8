import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from './cluster.fixture.spec.js';
import { describeWhere, isInstalled, run } from './program.fixture.spec.js';

/**
 * A folder of jars: `org.apache.kafka:kafka_2.13` and `org.apache.kafka:kafka-tools`, with all that they depend on, as
 * `mvn dependency:copy-dependencies` collects them.
 */
const jars = process.env['FLORIN_KAFKA_JARS'];
const isThere = jars !== undefined && isInstalled('java', '-version');

describeWhere(isThere)('Kafka’s own Java tools', () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await Cluster.start();
    folder = await mkdtemp(join(tmpdir(), 'florin-java-'));
    await writeFile(join(folder, 'client.properties'), cluster.javaProperties());
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true });
  });

  /** `configOption` is what a tool calls the option that names a file with the way in. */
  const tool = (name: string, configOption: string, ...options: string[]) => {
    const machine = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`];
    const address = ['--bootstrap-server', cluster.brokers.join(',')];
    const access = [configOption, join(folder, 'client.properties')];
    return run('java', [...machine, `org.apache.kafka.tools.${name}`, ...address, ...access, ...options]);
  };
  const topics = (...options: string[]) => tool('TopicCommand', '--command-config', ...options);
  const groups = (...options: string[]) =>
    tool('consumer.group.ConsumerGroupCommand', '--command-config', ...options);
  /** One JSON object in each line. */
  const events = (printed: string) =>
    printed
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { name: string; [field: string]: unknown });

  it('create, list, describe, grow and delete topics', async () => {
    const topic = cluster.name('java');
    await topics('--create', '--topic', topic, '--partitions', '3', '--replication-factor', '1');
    expect(await topics('--list')).toContain(topic);
    await topics('--alter', '--topic', topic, '--partitions', '5');
    expect(await topics('--describe', '--topic', topic)).toMatch(/PartitionCount: 5\s+ReplicationFactor: 1/);
    await topics('--delete', '--topic', topic);
  }, 120_000);

  it('produce, consume as a group, and show, reset and delete the group', async () => {
    const topic = await cluster.topic('java-messages', 3);
    const group = cluster.name('java');
    const produced = events(
      await tool('VerifiableProducer', '--producer.config', '--topic', topic, '--max-messages', '200'),
    );
    expect(produced.at(-1)).toMatchObject({ name: 'tool_data', sent: 200, acked: 200 });
    const consumed = events(
      await tool(
        ...['VerifiableConsumer', '--consumer.config', '--topic', topic, '--group-id', group],
        ...['--max-messages', '200', '--reset-policy', 'earliest'],
      ),
    );
    const counts = consumed
      .filter(({ name }) => name === 'records_consumed')
      .map(({ count }) => Number(count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    expect(consumed.map(({ name }) => name)).toContain('offsets_committed');

    expect(await groups('--list')).toContain(group);
    expect(await groups('--describe', '--group', group)).toContain(topic);
    const reset = ['--reset-offsets', '--to-earliest', '--topic', topic, '--execute'];
    expect(await groups('--group', group, ...reset)).toContain(topic);
    await groups('--delete-offsets', '--group', group, '--topic', topic);
    await groups('--delete', '--group', group);
    expect(await groups('--list')).not.toContain(group);
  }, 240_000);

  it('read from the beginning, and tell the offsets', async () => {
    const topic = await cluster.topic('java-offsets', 1);
    const producer = await cluster.connect(cluster.client().producer());
    const messages = Array.from({ length: 50 }, (_, index) => ({ value: String(index) }));
    await producer.send({ topic, messages });
    const read = await tool(
      ...['consumer.ConsoleConsumer', '--consumer.config', '--topic', topic],
      ...['--from-beginning', '--max-messages', '50', '--timeout-ms', '20000'],
    );
    // Kafka 4's tool says first that the option has another name now, which Kafka 3's does not know.
    const values = read.split('\n').filter((line) => /^\d+$/.test(line));
    expect(values).toEqual(messages.map(({ value }) => value));
    expect(await tool('GetOffsetShell', '--command-config', '--topic', topic)).toContain(`${topic}:0:50`);
  }, 120_000);
});
