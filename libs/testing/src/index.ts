export * from './api-client.js';
export * from './engines.js';
export * from './token-authority.js';
