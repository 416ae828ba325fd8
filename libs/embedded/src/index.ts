export { makeCertificateAuthority, type Certificate } from './certificates.js';
export { startEventStore, type EmbeddedEventStore } from './event-store/event-store.server.js';
export { freePort } from './free-port.js';
export { startKafkaBroker, type EmbeddedKafka } from './kafka/kafka.server.js';
export { startPostgres, type PostgresServer } from './postgres/postgres.server.js';
