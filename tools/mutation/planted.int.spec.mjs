import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '../eslint/imports.mjs';
import { faults } from './faults.mjs';
import { hasPlace } from './planted.mjs';

const read = (path) => readFileSync(join(workspaceRoot, path), 'utf8');
const page = read('docs/testing.md').split('\n');

describe('a planted fault', () => {
  it.each(faults.map((fault) => [fault.what, fault]))(
    'has its place, and is in the page: %s',
    (what, fault) => {
      expect(hasPlace(read(fault.file), fault)).toBe(true);
      const lines = page.filter((line) => line.startsWith(`| ${what} `));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(fault.spec);
      expect(lines[0]).toContain(fault.test);
    },
  );

  it('is described once', () => {
    expect(new Set(faults.map(({ what }) => what)).size).toBe(faults.length);
  });
});
