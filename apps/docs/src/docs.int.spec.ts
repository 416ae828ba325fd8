import { globSync, readFileSync } from 'node:fs';
import { docs, generatedFiles, generatedFolders } from './files.js';
import { measuredFigures, number } from './scale/scale-page.js';

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

it.each(measuredFigures)(
  'has $what in the section of benchmarks.md that it is from',
  ({ value, section }) => {
    const [, ...sections] = readFileSync(`${docs}benchmarks.md`, 'utf8').split('\n## ');
    const found = sections.find((one) => one.startsWith(`${section}:`) || one.startsWith(`${section}\n`));
    expect(found).toMatch(new RegExp(`(?<![0-9,])${number(value)}(?![0-9]|,[0-9])`));
  },
);
