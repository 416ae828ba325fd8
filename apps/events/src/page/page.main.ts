import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { docs, formattedDocumentation } from './files.js';

/** Writes `docs/events.md` and `docs/events/` anew. */
const files = await formattedDocumentation();
rmSync(`${docs}events`, { recursive: true, force: true });
mkdirSync(`${docs}events`);
for (const [path, text] of files) writeFileSync(`${docs}${path}`, text);
