import { deadLetterTopic } from '@florin/contracts';
import type { IncomingMessage } from './cloud-event-codec.js';
import type { OutgoingMessage } from './publisher.js';

/** Why a message was given up, and where it came from. */
export interface Failure {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly group: string;
  readonly reason: 'malformed' | 'unknown_type' | 'contract' | 'handler';
  readonly error: Error;
  readonly attempts: number;
  readonly firstFailedAt: Date;
}

const maxValueBytes = 900 * 1024;

/**
 * The message as it came, under `<topic>.dlq`, with the reason in headers `dlq_*`. A value too large to be sent
 * again beside the headers is left out: topic, partition and offset say where it is.
 */
export function deadLetter(message: IncomingMessage, failure: Failure): OutgoingMessage {
  const { key, value } = message;
  const omitted = value !== null && value.length > maxValueBytes;
  return {
    topic: deadLetterTopic(failure.topic),
    key,
    value: omitted ? null : value,
    headers: {
      ...firstValues(message.headers),
      dlq_topic: failure.topic,
      dlq_partition: String(failure.partition),
      dlq_offset: failure.offset,
      dlq_group: failure.group,
      dlq_reason: failure.reason,
      dlq_error: failure.error.name,
      dlq_message: explanation(failure.error),
      dlq_attempts: String(failure.attempts),
      dlq_first_failed_at: failure.firstFailedAt.toISOString(),
      ...(omitted ? { dlq_value_omitted: 'true' } : {}),
    },
  };
}

/** First line only, shortened, without quoted values: drivers and parsers put data between quotes. */
function explanation({ message }: Error): string {
  const [line = ''] = message.split('\n');
  return line.replaceAll(/(["'`]).*?\1/g, '$1…$1').slice(0, 300);
}

function firstValues(headers: IncomingMessage['headers']): Record<string, string | Buffer> {
  const values: Record<string, string | Buffer> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const one = typeof value === 'string' || Buffer.isBuffer(value) ? value : value?.[0];
    if (one !== undefined) values[name] = one;
  }
  return values;
}
