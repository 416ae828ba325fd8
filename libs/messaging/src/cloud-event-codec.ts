import type { CloudEvent } from '@florin/contracts';
import { z } from 'zod';
import { traceOf } from './trace.js';

/** Largest `data` of an event, in bytes of JSON; hundreds of them fit in memory and one always in a request. */
export const maxEventBytes = 128 * 1024;

/** An event as Kafka carries it (CloudEvents 1.0, Kafka protocol binding, binary mode). */
export interface EncodedEvent {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is read of a Kafka message; kafkajs's messages fit. */
export interface IncomingMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;
}

/** A message that is no CloudEvent of ours. Its text never holds values of the message. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

/**
 * Attributes become headers `ce_<name>`, the value is the data. `traceparent` and `tracestate` (the event's own, else
 * those of the active trace) are written once more without prefix, where tracing tools look.
 * Throws `RangeError` above `maxEventBytes`.
 */
export function toKafkaMessage(event: CloudEvent): EncodedEvent {
  const value = JSON.stringify(event.data);
  if (Buffer.byteLength(value) > maxEventBytes) {
    throw new RangeError(`event ${event.id} (${event.type}) is larger than ${maxEventBytes} bytes`);
  }
  const { traceparent, tracestate } = traceOf(event);
  return {
    key: event.partitionkey,
    value,
    headers: {
      ce_specversion: event.specversion,
      ce_id: event.id,
      ce_source: event.source,
      ce_type: event.type,
      ce_subject: event.subject,
      ce_time: event.time,
      ce_partitionkey: event.partitionkey,
      'content-type': event.datacontenttype,
      ...(traceparent === undefined ? {} : { ce_traceparent: traceparent, traceparent }),
      ...(tracestate === undefined ? {} : { ce_tracestate: tracestate, tracestate }),
    },
  };
}

const attributes = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().default(''),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.string().regex(/^application\/json\b/),
  partitionkey: z.string().default(''),
  traceparent: z.string().optional(),
  tracestate: z.string().optional(),
});

/** Reads binary mode, and structured mode (the whole event as JSON) too. Throws `MalformedEvent`. */
export function fromKafkaMessage(message: IncomingMessage): CloudEvent {
  if (message.value === null) throw new MalformedEvent('the message has no value');
  const headers = textHeaders(message);
  const contentType = headers.get('content-type') ?? '';
  const json = parse(message.value);
  const [given, data] = contentType.startsWith('application/cloudevents+json')
    ? structured(json)
    : [binary(headers, contentType), json];
  const checked = attributes.safeParse({ partitionkey: message.key?.toString(), ...given });
  if (!checked.success) throw new MalformedEvent(`attributes are wrong: ${names(checked.error)}`);
  const { traceparent, tracestate, ...rest } = checked.data;
  return {
    ...rest,
    datacontenttype: 'application/json',
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    data,
  };
}

/** Where a value broke its schema: paths and rules, never values. */
export function names(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map(({ path, code }) => `${path.join('.') || '(root)'}: ${code}`)
    .join(', ');
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString()) as unknown;
  } catch {
    // Without the cause, which quotes the value.
    throw new MalformedEvent('the value is not JSON');
  }
}

function structured(json: unknown): [given: object, data: unknown] {
  if (typeof json !== 'object' || json === null) throw new MalformedEvent('the value is not an object');
  return [{ datacontenttype: 'application/json', ...json }, 'data' in json ? json.data : undefined];
}

function binary(headers: ReadonlyMap<string, string>, contentType: string): object {
  const given: Record<string, string> = { datacontenttype: contentType };
  for (const [name, value] of headers) {
    if (name.startsWith('ce_')) given[name.slice(3)] = value;
    else if (name === 'traceparent' || name === 'tracestate') given[name] ??= value;
  }
  return given;
}

function textHeaders(message: IncomingMessage): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const one: Buffer | string | undefined = isList(value) ? value[0] : value;
    if (one !== undefined) headers.set(name.toLowerCase(), one.toString());
  }
  return headers;
}

function isList(value: unknown): value is readonly (Buffer | string)[] {
  return Array.isArray(value);
}
