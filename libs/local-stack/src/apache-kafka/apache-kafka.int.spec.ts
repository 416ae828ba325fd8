import { topics } from '@florin/contracts';
import { createKafka, ensureTopics, type KafkaSettings } from '@florin/messaging';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaOfTests } from '../kafka-of-tests.js';
import { clientSettings } from './access.js';
import { startApacheKafka } from './apache-kafka.js';
import { installApacheKafka } from './installation.js';
import { JavaProcess } from './java-process.js';

it('says what is missing where there is no JDK', async () => {
  const before = process.env['JAVA_HOME'];
  process.env['JAVA_HOME'] = '/nowhere';
  try {
    await expect(installApacheKafka()).rejects.toThrow(
      'Apache Kafka needs a JDK (17 or newer) and Maven: "/nowhere/bin/java -version" does not run here.\n' +
        'Install them, or start without --kafka: the embedded broker needs neither.',
    );
  } finally {
    if (before === undefined) delete process.env['JAVA_HOME'];
    else process.env['JAVA_HOME'] = before;
  }
});

describe('a program bound to this process', () => {
  it('has its output and its end told', async () => {
    const lines: string[] = [];
    // What it wrote last may still be on its way when the program itself has ended.
    const program = 'echo one; echo two >&2; { sleep 0.2; echo three; } & exit 3';
    const child = new JavaProcess(['sh', '-c', program], {}, (line) => lines.push(line));
    expect(await child.exited).toBe('exit code 3');
    expect(lines.sort()).toEqual(['one', 'three', 'two']);
  });

  it('is killed where it does not stop', async () => {
    const { promise: started, resolve } = Promise.withResolvers<void>();
    const stubborn = "trap '' TERM; echo started; while :; do sleep 1; done";
    const child = new JavaProcess(['sh', '-c', stubborn], {}, () => resolve());
    await started;
    await child.stop(100);
    expect(await child.exited).toBe('SIGKILL');
  });
});

// By npm run test:cluster: it takes a JDK.
if (kafkaOfTests() !== 'embedded')
  describe('Apache Kafka', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'florin-apache-kafka-'));
    afterAll(() => rmSync(dataDir, { recursive: true }));

    const start = async (secured: boolean, port = 0) =>
      startApacheKafka({ installation: await installApacheKafka(), dataDir, port, secured });
    const topicsOf = async (settings: Omit<KafkaSettings, 'clientId'>) => {
      const admin = createKafka({ ...settings, clientId: 'spec' }).admin();
      try {
        await admin.connect();
        return await admin.listTopics();
      } finally {
        await admin.disconnect();
      }
    };

    it('keeps its data from one start to the next, on another port and with other access', async () => {
      const open = await start(false);
      await ensureTopics({ ...clientSettings(open.access), clientId: 'spec', topics: [topics.people] });
      expect(await topicsOf(clientSettings(open.access))).toEqual([topics.people.name]);
      await open.close();
      const secured = await start(true);
      expect(await topicsOf(clientSettings(secured.access))).toEqual([topics.people.name]);
      await secured.close();
    }, 120_000);

    it('lets in by every mechanism who knows the password, over TLS alone', async () => {
      const first = await start(true);
      const settings = clientSettings(first.access);
      await first.close();
      // Who trusted the broker at an earlier start still does.
      const { port, close } = await start(true, first.port);
      expect(port).toBe(first.port);
      const { username, password } = settings.sasl as { username: string; password: string };
      for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
        const as = (secret: string) => ({ ...settings, sasl: { mechanism, username, password: secret } });
        expect(await topicsOf(as(password))).toEqual([topics.people.name]);
        await expect(topicsOf(as('wrong'))).rejects.toThrow(/authentication|credentials/i);
      }
      await expect(topicsOf({ brokers: settings.brokers })).rejects.toThrow();
      await close();
    }, 120_000);
  });
