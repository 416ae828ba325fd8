import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Preloaded into the process of an engine (`NODE_OPTIONS=--import …`): after SIGUSR2 each of its syncs takes a quarter of a second
 * longer, as on a disk that is worn out or shared by too many; after another one, as long as before.
 */
const slowMs = 250;
let delayMs = 0;
process.on('SIGUSR2', () => (delayMs = slowMs - delayMs));

const file = await open(new URL(import.meta.url), 'r');
const handles = Object.getPrototypeOf(file) as { datasync(): Promise<void> };
await file.close();
const { datasync } = handles;
handles.datasync = async function () {
  await sleep(delayMs);
  await datasync.call(this);
};
