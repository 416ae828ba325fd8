import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(repository, 'docs', 'limits.md'), 'utf8');

/** What a row of the page says is in a source, by file. */
const claims = page
  .split('\n')
  .map((line) => line.split(/(?<!\\)\|/).at(-2) ?? '')
  .filter((cell) => cell.includes('.ts`: '))
  .flatMap((cell) =>
    cell.split(';').map((part): [string, string[]] => {
      const [file = '', ...texts] = [...part.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
      return [file, texts.map((text) => text.replaceAll('\\|', '|'))];
    }),
  );

describe('the page of limits', () => {
  it('has some', () => {
    expect(claims.length).toBeGreaterThan(25);
  });

  it.each(claims)('says of %s what is there: %j', (file, texts) => {
    expect(existsSync(join(repository, file))).toBe(true);
    const source = readFileSync(join(repository, file), 'utf8');
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.filter((text) => !source.includes(text))).toEqual([]);
  });
});
