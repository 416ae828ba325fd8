export { connectEventStore } from './esdb.js';
export * from './event-store.js';
