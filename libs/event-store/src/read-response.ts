import type { StoredEvent } from './event-store.js';
import { ProtobufFields } from './protobuf-fields.js';

/** What one message of the answer to a read says: an event, that there is no such stream, or nothing of use here. */
export type ReadResponse = StoredEvent | 'no_stream' | undefined;

/**
 * Decodes a `ReadResp` of EventStoreDB's `streams.proto`, of which it takes what a `StoredEvent` has. The client's own decoding
 * makes an object of every message in it and converts each field: nine of the fourteen µs that an event took. Throws an
 * Error for anything else.
 */
export function decodeReadResponse(bytes: Buffer): ReadResponse {
  const fields = new ProtobufFields(bytes, 0, bytes.length);
  let response: ReadResponse;
  while (fields.next()) {
    if (fields.number === 1) response = readEvent(fields.message());
    if (fields.number === 4) response = 'no_stream';
  }
  return response;
}

/** `ReadEvent`: beside the event a link to it, where links are followed; ours never are. */
function readEvent(fields: ProtobufFields): StoredEvent | undefined {
  let event: StoredEvent | undefined;
  while (fields.next()) if (fields.number === 1) event = recordedEvent(fields.message());
  return event;
}

interface Metadata {
  type: string;
  contentType: string;
  created: string;
}

const none: Buffer = Buffer.alloc(0);

function recordedEvent(fields: ProtobufFields): StoredEvent {
  let [id, revision] = ['', 0];
  let [custom, data] = [none, none];
  const metadata: Metadata = { type: '', contentType: '', created: '' };
  while (fields.next()) {
    if (fields.number === 1) id = uuid(fields.message());
    else if (fields.number === 3) revision = fields.value;
    else if (fields.number === 6) setMetadata(metadata, fields.message());
    else if (fields.number === 7) custom = fields.view();
    else if (fields.number === 8) data = fields.view();
  }
  if (id === '' || metadata.type === '') throw new Error('the event store sent an event without id or type');
  return {
    id,
    type: metadata.type,
    revision: BigInt(revision),
    data: metadata.contentType === 'application/json' ? dataOf(data) : Uint8Array.from(data),
    metadata: custom.length === 0 ? undefined : metadataOf(custom),
    created: createdAt(metadata.created),
  };
}

/** In the form of a text, as it is asked for. */
function uuid(fields: ProtobufFields): string {
  let id = '';
  while (fields.next()) if (fields.number === 2) id = fields.text();
  return id;
}

/** One entry of a map. */
function setMetadata(metadata: Metadata, fields: ProtobufFields): void {
  let [key, value] = ['', ''];
  while (fields.next()) {
    if (fields.number === 1) key = fields.text();
    else if (fields.number === 2) value = fields.text();
  }
  if (key === 'type') metadata.type = value;
  else if (key === 'content-type') metadata.contentType = value;
  else if (key === 'created') metadata.created = value;
}

/** What is not the JSON that it says it is comes as its text, as from the client. */
function dataOf(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Anybody may store metadata of any form: they come as bytes then, as from the client. */
function metadataOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return Uint8Array.from(bytes);
  }
}

/** From ticks of 100 ns since 1970: more than a number holds exactly, so their last four digits go first. */
function createdAt(ticks: string): Date {
  return new Date(Number(ticks.slice(0, -4)) || 0);
}
