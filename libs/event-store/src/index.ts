export { connectEventStore } from './esdb.js';
export * from './event-store.js';
export { eventAt, headOf } from './head.js';
export { sha256 } from './sha256.js';
