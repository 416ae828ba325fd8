import { limits } from '../limits.js';

/** The protocol's numbers for the type of a setting. */
const BOOLEAN = 1;
const STRING = 2;
const INT = 3;
const LONG = 5;
const LIST = 7;

interface Setting {
  readonly type: number;
  readonly value: string;
  /** Which other values a topic may be created with; without it, only the one that holds anyway. */
  readonly accepts?: (value: string) => boolean;
  readonly documentation: string;
}

const isWhole = (value: string) => /^(-1|\d{1,15})$/.test(value);

/** What a topic can be configured with: retention and the size of messages. The rest says what the embedded broker does and cannot be changed. */
export const topicSettings: Readonly<Record<string, Setting>> = {
  'retention.ms': {
    type: LONG,
    value: String(7 * 24 * 3_600_000),
    accepts: isWhole,
    documentation: 'Full segments last written longer ago than this are deleted; -1 keeps them.',
  },
  'retention.bytes': {
    type: LONG,
    value: '-1',
    accepts: isWhole,
    documentation:
      'The oldest full segments are deleted while a partition holds more than this; -1: no bound.',
  },
  'cleanup.policy': { type: LIST, value: 'delete', documentation: 'There is no compaction.' },
  'compression.type': { type: STRING, value: 'producer', documentation: 'Batches stay as they came.' },
  'message.timestamp.type': { type: STRING, value: 'CreateTime', documentation: 'Times are the producer’s.' },
  'max.message.bytes': {
    type: INT,
    value: String(limits.batchBytes),
    accepts: (value) => isWhole(value) && Number(value) > 0 && Number(value) <= limits.batchBytes,
    documentation: `The largest record batch, ${limits.batchBytes} bytes at most.`,
  },
  'min.insync.replicas': {
    type: INT,
    value: '1',
    accepts: (value) => /^[1-9]\d{0,4}$/.test(value),
    documentation: '1 at least; kept and told, and always met: all replicas are in sync.',
  },
  'segment.bytes': {
    type: INT,
    value: String(limits.segmentBytes),
    documentation: 'Size of a full segment.',
  },
};

export const brokerSettings: Readonly<Record<string, Setting>> = {
  'auto.create.topics.enable': {
    type: BOOLEAN,
    value: 'false',
    documentation: 'Topics are created by request.',
  },
  'default.replication.factor': {
    type: INT,
    value: '1',
    documentation: 'Nodes of a topic created without a number.',
  },
  'num.partitions': {
    type: INT,
    value: '1',
    documentation: 'Partitions of a topic created without a number.',
  },
  'message.max.bytes': {
    type: INT,
    value: String(limits.batchBytes),
    documentation: 'The largest record batch.',
  },
  'socket.request.max.bytes': {
    type: INT,
    value: String(limits.requestBytes),
    documentation: 'The largest request.',
  },
};

/** What is wrong with a topic's settings, in a sentence, or undefined. */
export function settingFault(
  configs: ReadonlyArray<{ name: string; value: string | null }>,
): string | undefined {
  for (const { name, value } of configs) {
    const setting = topicSettings[name];
    if (!setting) return `${name} is not a setting of the embedded broker`;
    if (value !== null && value !== setting.value && !setting.accepts?.(value)) {
      return `${name}=${value} is not possible here: ${setting.documentation}`;
    }
  }
  return undefined;
}

/** The value in force. */
export function settingOf(configs: Readonly<Record<string, string>>, name: string): string {
  return configs[name] ?? topicSettings[name]?.value ?? '';
}
