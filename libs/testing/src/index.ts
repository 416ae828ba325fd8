export * from './api-client.js';
export * from './auditor.js';
export * from './engines.js';
export * from './event-stream.js';
export * from './eventually.js';
export * from './in-parallel.js';
export type { TestKafka } from './kafka.js';
export * from './token-authority.js';
