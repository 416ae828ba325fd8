import { readdir, readFile } from 'node:fs/promises';

describe('the model', () => {
  it('imports nothing but its own files: what it shares with the product it cannot hold against it', async () => {
    const folder = new URL('./', import.meta.url);
    const files = (await readdir(folder)).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
    );
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const text = await readFile(new URL(file, folder), 'utf8');
      const imported = [...text.matchAll(/(?:from|import\() ?'([^']*)'/g)].map(([, specifier]) => specifier);
      for (const specifier of imported) expect(specifier).toMatch(/^\.\/[a-z]+\.js$/);
    }
  });
});
