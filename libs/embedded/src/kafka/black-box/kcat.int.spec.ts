import { Cluster } from './cluster.fixture.spec.js';
import { describeWhere, isInstalled, run } from './program.fixture.spec.js';

describeWhere(isInstalled('kcat', '-V'))('kcat, with librdkafka', () => {
  let cluster: Cluster;
  beforeAll(async () => (cluster = await Cluster.start()));
  afterAll(() => cluster.stop());

  const kcat = (options: readonly string[], input?: string) => {
    const settings = Object.entries(cluster.settings()).flatMap(([name, value]) => [
      '-X',
      `${name}=${value}`,
    ]);
    return run('kcat', ['-b', cluster.brokers.join(','), ...settings, ...options], input);
  };
  const numbers = Array.from({ length: 1_000 }, (_, index) => String(index));
  const sorted = (lines: string) =>
    lines
      .trim()
      .split('\n')
      .sort((a, b) => Number(a) - Number(b));

  it('lists topics with their partitions', async () => {
    const topic = await cluster.topic('kcat-listed', 5);
    const listed = await kcat(['-L', '-t', topic]);
    expect(listed).toContain(`topic "${topic}" with 5 partitions`);
    for (const partition of [0, 1, 2, 3, 4]) {
      expect(listed).toMatch(
        new RegExp(`partition ${partition}, leader \\d+, replicas: \\d+, isrs: \\d+\\n`),
      );
    }
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'produces with idempotence and compression %s, and consumes',
    async (codec) => {
      const topic = await cluster.topic(`kcat-${codec}`, 3);
      await kcat(['-P', '-t', topic, '-z', codec, '-X', 'enable.idempotence=true'], numbers.join('\n'));
      expect(sorted(await kcat(['-C', '-t', topic, '-e', '-q']))).toEqual(numbers);
    },
  );

  it('reads what kafkajs wrote, with keys and headers, and the other way round', async () => {
    const topic = await cluster.topic('kcat-and-kafkajs');
    const producer = await cluster.connect(cluster.client().producer());
    await producer.send({ topic, messages: [{ key: 'k', value: 'v', headers: { h: 'x' } }] });
    expect(await kcat(['-C', '-t', topic, '-e', '-q', '-f', '%k %s %h %o\n'])).toBe('k v h=x 0\n');
    await kcat(['-P', '-t', topic, '-K', ':', '-H', 'h=y'], 'key:value\n');
    const [, message] = await cluster.read(topic, 2);
    expect(message).toMatchObject({
      ...{ key: Buffer.from('key'), value: Buffer.from('value'), headers: { h: Buffer.from('y') } },
    });
  });

  it('joins a group and goes on where the group was', async () => {
    const topic = await cluster.topic('kcat-grouped', 3);
    const group = cluster.name('kcat');
    const readAsMember = () => kcat(['-G', group, '-e', '-q', '-X', 'auto.offset.reset=earliest', topic]);
    await kcat(['-P', '-t', topic], numbers.slice(0, 500).join('\n'));
    expect(sorted(await readAsMember())).toEqual(numbers.slice(0, 500));
    await kcat(['-P', '-t', topic], numbers.slice(500).join('\n'));
    expect(sorted(await readAsMember())).toEqual(numbers.slice(500));
  });

  it('finds offsets by time', async () => {
    const topic = await cluster.topic('kcat-timed');
    const producer = await cluster.connect(cluster.client().producer());
    const startMs = Date.now() - 60_000;
    for (const seconds of [1, 2, 3]) {
      const timestamp = String(startMs + seconds * 1_000);
      await producer.send({ topic, messages: [{ value: String(seconds), timestamp }] });
    }
    expect(await kcat(['-Q', '-t', `${topic}:0:${startMs + 1_500}`])).toContain('offset 1');
  });
});
