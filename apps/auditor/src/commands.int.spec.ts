import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '@florin/proofs';
import { over, owedTo, run, sign, signer, history } from './books.fixture.spec.js';
import { commands } from './commands.js';

const key = ['--key', `${signer}`];
const witness = generateKey('witness.example', 'cosignature/v1');

/** What each command is asked, beside its common options; files are in the folder of the test. Every command has to be here. */
const asked: Readonly<Record<string, (file: string) => string[]>> = {
  verify: () => [],
  replay: () => [],
  'trial-balance': () => [],
  balance: () => ['wallet:anna'],
  entries: () => ['wallet:anna'],
  reserves: () => ['EUR'],
  statement: (file) => ['wallet:anna', '--period', '2026-11', '--out', file],
  report: (file) => ['--period', '2026-11', '--out', file],
  export: (file) => ['--ledger', 'it-eur', '--out', file],
  'verify-export': () => [join(folder, 'book'), ...key],
  checkpoints: () => key,
  snapshots: () => key,
  liabilities: () => key,
  'verify-liability': () => [join(folder, 'owed.json'), ...key],
  proof: () => [entryId, ...key],
  'verify-proof': () => [join(folder, 'proof.json'), ...key],
  consistency: () => ['3'],
  cosign: () => ['http://127.0.0.1:1', ...key],
  witness: (file) => ['--state', file, ...key],
  'new-key': () => ['florin.example/ledger'],
  config: () => [],
};

/** Those whose story here has another end than a good one. */
const codes: Readonly<Record<string, number>> = { reserves: 2, cosign: 1 };

const offline = ['verify-export', 'verify-liability', 'verify-proof', 'new-key', 'config', 'witness'];
const entryId = (history[5]?.data as { entryId: string }).entryId;
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'florin-commands-'))));
afterAll(() => rm(folder, { recursive: true }));

it('there is an example of every command', () => {
  expect(Object.keys(asked)).toEqual(commands.map(({ name }) => name));
});

it('every command knows --json, knows or refuses --at, and shows how far it is on a terminal alone', async () => {
  await over(history, async (_, url) => {
    await sign(url);
    await writeFile(join(folder, 'proof.json'), (await run(['proof', '5', ...key, '--url', url])).out);
    await run(['export', '--ledger', 'it-eur', '--out', join(folder, 'book'), '--url', url]);
    await writeFile(join(folder, 'owed.json'), JSON.stringify(await owedTo(url, 'anna')));
    let files = 0;
    const answerOf = async (name: string, options: readonly string[], terminal: boolean) => {
      const args = asked[name]?.(join(folder, `${(files += 1)}`)) ?? [];
      const store = offline.includes(name) ? [] : ['--url', url];
      const env = { WITNESS_SIGNING_KEY: witness.reveal() };
      return run([name, ...args, ...store, ...options], terminal, env);
    };
    for (const { at, name, progress } of commands) {
      const code = codes[name] ?? 0;
      const drawn = await answerOf(name, [], true);
      expect({ name, code: drawn.code }).toEqual({ name, code });
      expect({ name, drawn: drawn.err.includes('█') }).toEqual({ name, drawn: progress });
      expect(drawn.out).not.toContain('█');
      expect((await answerOf(name, [], false)).err).not.toContain('█');

      const json = await answerOf(name, ['--json'], true);
      expect({ name, code: json.code }).toEqual({ name, code });
      expect(json.err).not.toContain('█');
      if (code !== 2)
        expect(JSON.parse(json.out.trimEnd().split('\n').at(-1) ?? '')).toEqual(expect.any(Object));

      const then = await answerOf(name, ['--at', '7'], false);
      const no = 'never' in at;
      expect({ name, code: then.code }).toEqual({ name, code: no ? 2 : code });
      if (no) expect(then.err).toBe(`${name} takes no --at: ${at.never}\n`);
      else
        expect((await answerOf(name, ['--at', 'yesterday'], false)).err).toMatch(
          /^--at is a revision or a time/,
        );
    }
  });
}, 120_000);

describe('--at', () => {
  const before = '2026-11-01T00:00:00Z';

  it('goes back to what was recorded, exported and signed then', async () => {
    await over(history, async (audit, url) => {
      await sign(url, signer, 5);
      await sign(url);
      const json = async (...args: string[]): Promise<unknown> =>
        JSON.parse((await audit(...args, '--json')).out);

      const checked = await json('checkpoints', ...key, '--at', '6');
      expect(checked).toMatchObject({ verified: true, ledgers: [{ checkpoints: 1, size: 5, events: 7 }] });
      expect(await audit('checkpoints', ...key, '--at', '3')).toMatchObject({
        code: 1,
        err: expect.stringContaining('nothing was signed by then of it-eur'),
      });
      expect(await json('proof', '4', ...key, '--at', '6')).toMatchObject({ size: 5 });
      expect((await audit('proof', '6', ...key, '--at', '6')).err).toContain('is not covered yet');
      expect((await audit('proof', '1', ...key, '--at', '3')).err).toBe(
        'Nothing was signed of it-eur by then\n',
      );
      expect(await json('consistency', '3', '--at', '6')).toMatchObject({ from: 3, to: 5, verified: true });
      expect(await json('consistency', '3')).toMatchObject({ to: 8 });
      expect((await audit('consistency', '3', '5', '--at', '6')).err).toBe('Say <to> or --at, not both\n');

      const file = join(folder, 'then');
      const exported = ['export', '--ledger', 'it-eur', '--out', file];
      expect(await json(...exported, '--at', '4')).toMatchObject({ from: 0, to: 4, checkpoints: 1 });
      expect((await audit(...exported, '--at', '4', '--to', '4')).err).toBe('Say --to or --at, not both\n');
      expect((await audit(...exported, '--at', before)).err).toBe('it-eur had no event yet at that time\n');

      const statement = ['statement', 'wallet:anna', '--period', '2026-11'];
      expect(await json(...statement, '--at', '5')).toMatchObject({
        closing: 18_750,
        provisional: { revision: 5 },
      });
      expect(await json(...statement, '--at', '2026-12-31T00:00:00Z')).toMatchObject({ closing: 18_250 });
      expect((await audit(...statement, '--at', before)).code).toBe(2);

      const report = ['report', '--period', '2026-11', '--out', folder];
      await json(...report, '--at', '5');
      expect(JSON.parse(await readFile(join(folder, 'it-eur-2026-11.json'), 'utf8'))).toMatchObject({
        lastRevision: 5,
        kinds: [{ kind: 'p2p', entries: 1 }, { kind: 'test-funding' }],
      });
    });
  });
});
