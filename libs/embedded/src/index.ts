export { makeCertificateAuthority, type Certificate, type CertificateAuthority } from './certificates.js';
export { startEventStore, type EmbeddedEventStore } from './event-store/event-store.server.js';
export { freePort } from './free-port.js';
export { startKafkaBroker, type EmbeddedKafka } from './kafka/kafka.server.js';
export { startPostgres, type PostgresOptions, type PostgresServer } from './postgres/postgres.server.js';
