import { serviceNames } from '@florin/local-stack';
import { enginesScreen, movedPorts, startScreen, unexpectedEnd } from './screen.js';

const urls = Object.fromEntries(
  serviceNames.map((name, index) => [name, `http://127.0.0.1:${7400 + index}`]),
);
const stack = {
  gatewayUrl: 'http://127.0.0.1:7400',
  gatewayMetricsUrl: 'http://127.0.0.1:7406/metrics',
  urls: urls as Record<(typeof serviceNames)[number], string>,
  eventStoreUrl: 'esdb://127.0.0.1:7411?tls=false',
  kafka: { brokers: ['127.0.0.1:7412'] },
  kafkaKind: 'embedded' as const,
  databaseUrl: (name: string) => `postgres://${name}:secret@127.0.0.1:7410/${name}`,
};

describe('the screen of npm start', () => {
  const screen = startScreen(stack, '/home/anna/florin/.florin', 12);

  it('shows every service and engine with its address, the documentation and the data', () => {
    for (const url of Object.values<string>(urls)) expect(screen).toContain(url);
    expect(screen).toContain('postgres://127.0.0.1:7410');
    expect(screen).toContain('esdb://127.0.0.1:7411?tls=false');
    expect(screen).toContain('127.0.0.1:7412');
    expect(screen).toContain('http://127.0.0.1:7400/docs');
    expect(screen).toContain('http://127.0.0.1:7406/metrics');
    expect(screen).toContain('/home/anna/florin/.florin\n');
    expect(screen).toContain('never the production answer');
  });

  it('shows no password', () => {
    expect(screen).not.toContain('secret');
  });

  it('ends with a first payment through this gateway', () => {
    expect(screen).toContain('api=http://127.0.0.1:7400/v1\n');
    expect(screen).toContain('call $api/payments');
    expect(screen.trimEnd().split('\n').at(-1)).toBe('Ctrl-C stops everything.');
  });
});

it('shows the connection strings of the engines where they run alone', () => {
  const screen = enginesScreen(stack, ['identity', 'wallet'], '/data');
  expect(screen).toContain('postgres://wallet:secret@127.0.0.1:7410/wallet');
  expect(screen).toContain('esdb://127.0.0.1:7411?tls=false');
});

it('shows how to get at a broker that is not open to all', () => {
  const security = { caFile: '/data/ca.pem', username: 'anna', passwordFile: '/data/password' };
  const screen = startScreen(
    { ...stack, kafkaKind: 'apache-secured', kafka: { ...stack.kafka, security } },
    '/data',
    12,
  );
  expect(screen).toMatch(/Apache Kafka 4\.[\d.]+ +127\.0\.0\.1:7412\n +trust +\/data\/ca\.pem\n/);
  expect(screen).toMatch(/sign in +by SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN\n +user +anna\n/);
  expect(screen).toMatch(/password +in \/data\/password\n/);
});

it('says which ports it has in place of those that were asked for', () => {
  expect(movedPorts(7400, 7420)).toBe('7400 is taken: ports from 7420 on.');
});

it('says which process has ended, and where its log is', () => {
  expect(unexpectedEnd('wallet', 'SIGKILL', '/data')).toBe(
    'wallet ended by itself (SIGKILL); its log is /data/logs/wallet.log.',
  );
  expect(unexpectedEnd('eventStore', 'exit code 1', '/data')).toBe(
    'eventStore ended by itself (exit code 1); its log is /data/logs/event-store.log.',
  );
});
