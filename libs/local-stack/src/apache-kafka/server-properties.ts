import type { Certificate } from '@florin/embedded';

export interface ServerPropertiesOptions {
  readonly port: number;
  readonly controllerPort: number;
  readonly dataDir: string;
  /** Where it is missing, clients come in plain text. */
  readonly security?: ServerSecurity;
}

export interface ServerSecurity {
  readonly ca: string;
  readonly certificate: Certificate;
  /** The one user, also by whose name the broker calls itself. */
  readonly username: string;
  readonly password: string;
}

/** `server.properties` of a single node that is broker and controller, on 127.0.0.1 alone. */
export function serverProperties(options: ServerPropertiesOptions): string {
  const { port, controllerPort, dataDir, security } = options;
  return properties({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `CLIENTS://127.0.0.1:${port}`,
    'inter.broker.listener.name': 'CLIENTS',
    'listener.security.protocol.map': `CLIENTS:${security ? 'SASL_SSL' : 'PLAINTEXT'},CONTROLLER:PLAINTEXT`,
    'log.dirs': dataDir,
    // Unless told, it makes files of 10 MB for each index at once, two for a partition: holes, but not to who reads them.
    'log.index.size.max.bytes': String(256 * 1024),
    // Topics are made by a step of their own.
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...(security && securityProperties(security)),
  });
}

/** TLS with certificates in PEM, and every mechanism that our services know; client certificates are looked at where there are any. */
function securityProperties({ ca, certificate, username, password }: ServerSecurity): Record<string, string> {
  const login = (module: string, more = '') =>
    `org.apache.kafka.common.security.${module} required username="${username}" password="${password}"${more};`;
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.key': certificate.key,
    'ssl.keystore.certificate.chain': certificate.cert,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': ca,
    'listener.name.clients.ssl.client.auth': 'requested',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.clients.plain.sasl.jaas.config': login(
      'plain.PlainLoginModule',
      ` user_${username}="${password}"`,
    ),
    'listener.name.clients.scram-sha-256.sasl.jaas.config': login('scram.ScramLoginModule'),
    'listener.name.clients.scram-sha-512.sasl.jaas.config': login('scram.ScramLoginModule'),
  };
}

function properties(entries: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
}
