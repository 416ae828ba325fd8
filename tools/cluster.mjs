import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeBinary, root } from './run/installation.mjs';
import { run } from './run/processes.mjs';
import { readReports, summary } from './run/test-suite.mjs';

/**
 * `npm run test:cluster`: what is tested on the embedded broker once more, on a real Apache Kafka; in plain text first,
 * then over TLS, signed in. `plain` or `secured` as an argument runs that half alone.
 */
const halves = [
  { name: 'plain', kind: 'apache', title: 'plain text' },
  { name: 'secured', kind: 'apache-secured', title: 'TLS and SASL' },
];

/** On one broker of the suite's own, which is told by FLORIN_TEST_KAFKA; FLORIN_KAFKA_JARS has Kafka's own tools. */
const onOneBroker = [
  // Not by SCRAM: kcat's librdkafka gets it wrong before 2.6.1 (its #4895), and Kafka 4 insists.
  {
    title: 'black-box suite',
    project: 'libs/embedded',
    only: '**/kafka/black-box/**/*.spec.ts',
    mechanism: 'PLAIN',
  },
  { title: 'messaging library', project: 'libs/messaging', mechanism: 'SCRAM-SHA-512' },
  // Of the services, those whose integration tests have a broker.
  {
    title: 'catalog',
    project: 'apps/catalog',
    only: '**/catalog.int.spec.ts',
    mechanism: 'SCRAM-SHA-256',
  },
  {
    title: 'notifications',
    project: 'apps/notifications',
    only: '**/feed.int.spec.ts',
    mechanism: 'SCRAM-SHA-256',
  },
];

/** Each with brokers of its own, told which kind by FLORIN_TEST_STACK_KAFKA; with `half`, in that one alone. */
const onTheirOwn = [
  // On the embedded broker, to which no other suite leads Kafka's own tools.
  {
    title: 'Java tools, embedded',
    project: 'libs/embedded',
    only: '**/java-tools.int.spec.ts',
    half: 'plain',
  },
  // It starts both kinds.
  {
    title: 'start and stop',
    project: 'libs/local-stack',
    only: '**/apache-kafka.int.spec.ts',
    half: 'secured',
  },
  {
    title: 'end-to-end suite',
    project: 'apps/e2e',
    level: 'e2e',
    // Of no other Kafka: copies of the embedded one's files, engines that are full or slow, the wallet beside itself.
    only: [
      '**/*.spec.ts',
      ...['backup', 'engines-in-trouble', 'two-wallets'].map((name) => `!**/${name}.e2e.spec.ts`),
    ],
  },
];

// By its path, as all that is built: the tools import nothing of ours.
const { installApacheKafka, startApacheKafka } = await import(
  join(root, 'libs', 'local-stack', 'dist', 'index.js')
);
/** Exit code where a real Kafka cannot be run: EX_UNAVAILABLE of sysexits. */
const unavailable = 69;

const scratch = mkdtempSync(join(tmpdir(), 'florin-cluster-'));
const results = [];
const reports = [];

async function runHalf(installation, { name, kind, title }) {
  const broker = await startApacheKafka({
    installation,
    dataDir: join(scratch, kind),
    secured: kind === 'apache-secured',
  });
  try {
    for (const suite of onOneBroker)
      await runSuite(suite, title, {
        ...accessOf(broker.access, suite),
        FLORIN_KAFKA_JARS: installation.jars,
      });
  } finally {
    await broker.close();
  }
  const env = { FLORIN_TEST_STACK_KAFKA: kind, FLORIN_KAFKA_JARS: installation.jars };
  for (const suite of onTheirOwn.filter(({ half = name }) => half === name))
    await runSuite(suite, title, env);
}

function accessOf({ brokers, security }, { mechanism }) {
  const password = security && readFileSync(security.passwordFile, 'utf8');
  return {
    FLORIN_TEST_KAFKA: brokers.join(','),
    ...(security && {
      FLORIN_TEST_KAFKA_SSL_CA: security.caFile,
      FLORIN_TEST_KAFKA_SASL: `${mechanism}:${security.username}:${password}`,
    }),
  };
}

async function runSuite({ title, project, level = 'int', only }, half, env) {
  const name = `${title} (${half})`;
  process.stdout.write(`\n── ${name} ──\n`);
  const folder = join(scratch, `reports-${results.length}`);
  const startedAt = Date.now();
  const args = [join(root, 'tools', 'jest.mjs'), level, ...(only ? ['--testMatch', ...[only].flat()] : [])];
  const code = await run(nodeBinary(), args, {
    cwd: join(root, project),
    env: { ...process.env, ...env, FLORIN_TEST_REPORTS: folder },
  });
  if (code > 128) throw new Interrupted(code);
  reports.push(...readReports(folder).map((report) => ({ ...report, level: name })));
  results.push({ name, level: name, passed: code === 0, elapsedMs: Date.now() - startedAt });
}

/** A signal ended a suite, and with it all that was to come. */
class Interrupted extends Error {
  constructor(code) {
    super('Interrupted.');
    this.code = code;
  }
}

async function main([wanted]) {
  const chosen = halves.filter(({ name }) => wanted === undefined || name === wanted);
  if (chosen.length === 0) throw new Error(`Usage: npm run test:cluster [-- plain|secured]`);
  const installation = await installApacheKafka({
    onProgress: (text) => process.stderr.write(`${text} …\n`),
  });
  for (const half of chosen) await runHalf(installation, half);
  process.stdout.write(summary(results, reports));
  return results.every(({ passed }) => passed) ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode =
    error.name === 'JdkMissing' ? unavailable : typeof error.code === 'number' ? error.code : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
// The IPC channel to the runner would keep this process alive.
process.exit();
