export { replayBook } from './load.js';
