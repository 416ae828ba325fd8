export { startEventStore, type EmbeddedEventStore } from './event-store/event-store.server.js';
export { startKafkaBroker, type EmbeddedKafka } from './kafka/kafka.server.js';
export { startPostgres, type PostgresOptions, type PostgresServer } from './postgres/postgres.server.js';
