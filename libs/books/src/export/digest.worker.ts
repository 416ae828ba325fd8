import { parentPort } from 'node:worker_threads';
import { createDigester } from './digest.js';

const digest = createDigester();
parentPort?.on('message', (bytes: Uint8Array<ArrayBuffer>) => parentPort?.postMessage(digest(bytes)));
