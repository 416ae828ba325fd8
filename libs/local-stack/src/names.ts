import { join } from 'node:path';

/** The services, in the order in which a screen lists them. */
export const serviceNames = [
  'gateway',
  'identity',
  'wallet',
  'payments',
  'catalog',
  'notifications',
] as const;
export type ServiceName = (typeof serviceNames)[number];

export const engineNames = ['postgres', 'eventStore', 'kafka'] as const;
export type EngineName = (typeof engineNames)[number];

export function isEngineName(name: string): name is EngineName {
  return engineNames.some((known) => known === name);
}

/** Where a process of the stack over `dataDir` logs. */
export function logFileOf(dataDir: string, name: ServiceName | EngineName): string {
  return join(dataDir, 'logs', `${name === 'eventStore' ? 'event-store' : name}.log`);
}

/** Which broker a stack has: our own, or a real one, in plain text or over TLS with a user and a password. */
export const kafkaKinds = ['embedded', 'apache', 'apache-secured'] as const;
export type KafkaKind = (typeof kafkaKinds)[number];

/** As `pom.xml` has it. */
export const apacheKafkaVersion = '4.3.1';

/** A port on 127.0.0.1 for every process of the stack, and a second one for the gateway, whose first is public. */
export type PortPlan = Readonly<Record<ServiceName | EngineName | 'gatewayMetrics', number>>;
