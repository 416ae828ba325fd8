import { globSync, readFileSync } from 'node:fs';
import { docs, generatedFiles, generatedFolders } from './files.js';

let files: Map<string, string>;
beforeAll(async () => (files = await generatedFiles()), 120_000);

/** When this fails, run `npm run docs` and look at the difference. */
it('is what the code says', () => {
  for (const [path, text] of files)
    expect([path, readFileSync(`${docs}${path}`, 'utf8')]).toEqual([path, text]);
});

it.each(generatedFolders)('has no file too many in docs/%s', (folder) => {
  const wanted = [...files.keys()].filter((path) => path.startsWith(`${folder}/`));
  expect(globSync(`${folder}/*`, { cwd: docs }).sort()).toEqual(wanted.sort());
});
