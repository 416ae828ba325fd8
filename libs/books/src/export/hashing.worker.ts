import { parentPort, type MessagePort } from 'node:worker_threads';
import { ExportFault } from './fault.js';
import { hashedBlocksOf } from './hashed-blocks.js';
import type { FromThread, ToThread } from './hashing-thread.js';

/** Blocks that may wait to be looked at. */
const MAX_AHEAD = 16;

const port = parentPort as MessagePort;
const send = (message: FromThread): void =>
  port.postMessage(message, message.block ? [message.block.bytes.buffer] : []);

let ahead = 0;
let goOn = (): void => undefined;
port.on('message', ({ path }: ToThread) => {
  if (path !== undefined) return void read(path);
  ahead -= 1;
  goOn();
});

async function read(path: string): Promise<void> {
  try {
    for await (const block of hashedBlocksOf(path)) {
      send({ block });
      ahead += 1;
      while (ahead >= MAX_AHEAD) await new Promise<void>((resolve) => (goOn = resolve));
    }
    send({ end: {} });
  } catch (error) {
    if (error instanceof ExportFault) send({ end: { fault: { code: error.code, detail: error.message } } });
    else send({ end: { failure: { ...(error as Error), message: String((error as Error).message) } } });
  }
}
