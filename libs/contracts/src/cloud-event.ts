import type { z } from 'zod';
import type { TopicName } from './topics.js';

/**
 * A CloudEvents 1.0 event as Florin publishes it. On Kafka it travels in binary mode: every attribute is a header
 * `ce_<name>`, `content-type` is the data's media type, the value is the data alone and the key is `partitionkey`.
 * (`source`, `id`) is unique: consumers deduplicate by it.
 */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: Type;
  readonly subject: string;
  /** RFC 3339, UTC: when it happened. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Events with the same key arrive in the order in which they happened. */
  readonly partitionkey: string;
  /** W3C Trace Context of the request that caused it. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly data: Data;
}

/**
 * What is fixed about one type of event. Readers drop fields that they do not know, so one that is added breaks nobody;
 * a change that breaks a reader is a new type, `….v2`.
 */
export interface EventDefinition<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly topic: TopicName;
  readonly description: string;
  readonly data: z.ZodType<Data>;
  readonly subject: (data: Data) => string;
  readonly key: (data: Data) => string;
  /** When the trace of the request is missing; where nothing is said it is always there. */
  readonly untraced?: 'always' | 'after a restart';
  /** What the page about the events shows. */
  readonly example: { readonly id: string; readonly source: string; readonly data: NoInfer<Data> };
}

/** Names an event type with its topic and schema. */
export function defineEvent<const Type extends string, Data>(
  definition: EventDefinition<Type, Data>,
): EventDefinition<Type, Data> {
  defined.push(definition as EventDefinition);
  return definition;
}

const defined: EventDefinition[] = [];

/** Every type of event and command there is. */
export function eventDefinitions(): readonly EventDefinition[] {
  return defined;
}

export type EventOf<Definition> =
  Definition extends EventDefinition<infer Type, infer Data> ? CloudEvent<Type, Data> : never;

/** Builds an event of a defined type. `id` must be unique per `source`; `time` is RFC 3339. */
export function cloudEvent<Type extends string, Data>(
  definition: EventDefinition<Type, Data>,
  event: {
    id: string;
    source: string;
    time: string;
    data: NoInfer<Data>;
    traceparent?: string;
    tracestate?: string;
  },
): CloudEvent<Type, Data> {
  return {
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: definition.type,
    subject: definition.subject(event.data),
    time: event.time,
    datacontenttype: 'application/json',
    partitionkey: definition.key(event.data),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    ...(event.tracestate === undefined ? {} : { tracestate: event.tracestate }),
    data: event.data,
  };
}
