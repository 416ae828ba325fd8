export * from './catalog.js';
export * from './cloud-event.js';
export * from './identity.js';
export * from './ledger.js';
export * from './markets.js';
export * from './money.js';
export * from './payments.js';
export * from './topics.js';
