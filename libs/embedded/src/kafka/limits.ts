/** Every bound of the embedded broker in one place. Bytes, milliseconds, or a count, as the name says. */
export const limits = {
  /** One request frame; a larger one closes its connection. */
  requestBytes: 32 * 1024 * 1024,
  /** Elements of all arrays of one request together. */
  requestElements: 100_000,
  /** How long a request may take to arrive, from its first byte to its last. */
  arrivalMs: 60_000,
  /** How often connections are looked at that wait for the rest of a request. */
  arrivalCheckMs: 5_000,
  /** Requests and unread answers held for all connections together; beyond, the connection that holds most is closed. */
  bufferedBytes: 256 * 1024 * 1024,
  /** How long a client may leave an answer unread. */
  unreadMs: 60_000,
  /** Requests read ahead of the one being answered, for one connection. */
  queuedRequests: 32,
  queuedRequestBytes: 1024 * 1024,
  /** On all nodes together. */
  connections: 1_000,
  nodes: 16,
  idleConnectionMs: 10 * 60_000,
  /** How long a new connection may take to send its first request. */
  firstRequestMs: 10_000,

  /** One record batch as it came over the wire, compressed or not (Kafka's `max.message.bytes`). */
  batchBytes: 1_048_588,
  recordsPerBatch: 1_000_000,
  /** Record bytes in one fetch response, whatever the client asks for. */
  fetchBytes: 16 * 1024 * 1024,
  fetchWaitMs: 30_000,
  /** Decompressed size of a batch that is opened to find a record by its time, and of all that one request opens. */
  decompressedBatchBytes: 16 * 1024 * 1024,
  searchBytes: 64 * 1024 * 1024,

  topics: 1_000,
  partitionsPerTopic: 1_000,
  partitions: 4_000,
  producersPerPartition: 1_000,
  segmentBytes: 16 * 1024 * 1024,
  /** How often segments and groups are looked at that may have outlived their retention. */
  retentionCheckMs: 60_000,

  groups: 1_000,
  /** A longer id is refused. */
  groupIdLetters: 255,
  /** What clients call themselves is kept up to here. */
  clientIdLetters: 200,
  membersPerGroup: 250,
  /** What a member subscribes to, in all its protocols, and likewise what it is assigned. */
  memberMetadataBytes: 256 * 1024,
  /** Both, for the members of all groups together. */
  allMembersBytes: 64 * 1024 * 1024,
  /** Kafka allows no session under 6 s; here a short one makes local restarts quick. */
  sessionTimeoutMinMs: 1_000,
  sessionTimeoutMaxMs: 30 * 60_000,
  rebalanceTimeoutMaxMs: 30 * 60_000,
  offsetMetadataBytes: 4_096,
  offsetsPerGroup: 10_000,
  /** Of all groups together. */
  offsets: 250_000,
  allOffsetMetadataBytes: 64 * 1024 * 1024,
  /** An empty group is forgotten when its newest commit is this old. */
  offsetRetentionMs: 7 * 24 * 3_600_000,
} as const;
