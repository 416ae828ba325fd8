export { connectEventStore } from './esdb.js';
export * from './event-store.js';
export { sha256 } from './sha256.js';
