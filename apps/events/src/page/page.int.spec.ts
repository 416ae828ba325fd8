import { globSync, readFileSync } from 'node:fs';
import { docs, formattedDocumentation } from './files.js';

/** When this fails, run `npx nx build events && node apps/events/dist/page/page.main.js` and look at the difference. */
it('is what the contracts say', async () => {
  const files = await formattedDocumentation();
  const present = globSync('events{.md,/*}', { cwd: docs }).sort();
  expect(present).toEqual([...files.keys()].sort());
  for (const [path, text] of files) expect(readFileSync(`${docs}${path}`, 'utf8')).toBe(text);
});
