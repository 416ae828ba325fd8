export type { CopiedFile, Cut } from './backup/cut.js';
export { makeCertificateAuthority, type Certificate } from './certificates.js';
export { startEventStore, type EmbeddedEventStore } from './event-store/event-store.server.js';
export { cutEventStore } from './event-store/storage/cut-event-store.js';
export { freePort } from './free-port.js';
export { startKafkaBroker, type EmbeddedKafka } from './kafka/kafka.server.js';
export { cutLogs, cutOffsets } from './kafka/storage/cut-broker.js';
export { BaseBackup, postgresMajor } from './postgres/base-backup.js';
export { startPostgres, type PostgresServer } from './postgres/postgres.server.js';
