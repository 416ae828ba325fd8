import { run } from './books.fixture.spec.js';
import { commands } from './commands.js';

const names = commands.map(({ name }) => name);

describe('help', () => {
  it('says in one screen what there is', async () => {
    const { code, err, out } = await run([]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    for (const name of names) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const asked of [['help'], ['--help'], ['help', '--help']]) {
      expect(await run(asked)).toEqual({ code: 0, err: '', out });
    }
  });

  it.each(commands)('tells all about $name', async ({ name, options, syntax }) => {
    const told = await run(['help', name]);
    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toContain(`npm run audit -- ${syntax}\n`);
    for (const option of [...Object.keys(options), 'json', 'at']) {
      expect(told.out).toMatch(new RegExp(`^  --${option}\\b.* {2,}\\S`, 'm'));
    }
    expect(await run([name, '--help'])).toEqual(told);
    expect(await run([name, '--json', '--help'])).toEqual(told);
  });

  it('knows no other command', async () => {
    const err = `"audit" is not a command; there are ${names.join(', ')}\n`;
    expect(await run(['help', 'audit'])).toEqual({ code: 2, out: '', err });
    expect(await run(['audit'])).toEqual({ code: 2, out: '', err });
    expect(new Set(names).size).toBe(names.length);
  });
});
