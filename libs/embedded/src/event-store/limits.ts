const KIB = 1024;
const MIB = 1024 * KIB;

// Beyond these limits a call is refused with a sentence, or a connection is cut.

/** What one server grants all of its clients. */
export const serverLimits = {
  /** More are not accepted. */
  connections: 1_000,
  /** Calls under way, subscriptions among them. A reader that stops reading costs about 0.2 MiB, at most 1.3 MiB. */
  calls: 2_000,
  callsPerConnection: 1_000,
  /** Calls that a connection's client may cancel. The official client gets to some hundred a second; a flood of them starves the others. */
  resetsAtOnce: 2_000,
  resetsPerSecond: 1_000,
  headerBytes: 16 * KIB,
  /** EventStoreDB's largest record is 16 MiB: up to there, clients are told what is wrong and are not cut off. */
  messageBytes: 17 * MIB,
  /** Of all messages and appends that have arrived in part. */
  unfinishedBytes: 256 * MIB,
  /** Bytes that a client may send before they are read, per call and per connection. */
  callWindowBytes: 512 * KIB,
  connectionWindowBytes: MIB,
  /** What HTTP/2 may keep for one connection. */
  sessionMemoryMb: 100,

  /** From a connection to its first word. */
  greetingMs: 10_000,
  /** From a message's first byte to its last, or from a call to its first message, or an append's first part to its last. */
  arrivalMs: 30_000,
  /** A connection that leaves a ping unanswered for so long is cut. */
  pingMs: 30_000,
  /** How long a connection may take to finish when the server stops. */
  closeGraceMs: 500,
};
export type ServerLimits = Readonly<typeof serverLimits>;

/** How much may be said in one request. */
export const requestLimits = {
  /** EventStoreDB's limit on the events of one append: their data, metadata and type, two bytes for each of its letters. */
  appendBytes: MIB,
  /** Events may be empty, and still take room. */
  appendEvents: 50_000,
  /** Batch appends of one call whose last part has not arrived. */
  unfinishedAppends: 100,
  /** Appends wait while more than this is on its way to disk. */
  backlogBytes: 32 * MIB,
  /** A stream's name is repeated in each of its events. The `$$` before that of its metadata does not count. */
  streamNameBytes: KIB,
  /** How deep the metadata of a stream are nested. */
  metadataDepth: 1_000,
  filterPrefixes: 1_000,
  /** For a filter's pattern and one name. */
  filterMatchMs: 100,
} as const;
