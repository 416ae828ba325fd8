import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { docs, generatedFiles, generatedFolders } from './files.js';

/** `npm run docs`: makes the generated documentation anew. */
const files = await generatedFiles();
for (const folder of generatedFolders) {
  rmSync(`${docs}${folder}`, { recursive: true, force: true });
  mkdirSync(`${docs}${folder}`);
}
for (const [path, text] of files) writeFileSync(`${docs}${path}`, text);
