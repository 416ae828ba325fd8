import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { generateKey } from '@florin/proofs';
import { head, history, json, over, run } from './books.fixture.spec.js';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'florin-auditor-'));
  file = join(folder, 'it-eur.ndjson.gz');
});
afterAll(() => rm(folder, { recursive: true }));

const key = generateKey('florin.example/ledger/it-eur').verifier.toString();

describe('export and verify-export', () => {
  it('write a book into a file, and verify it without the event store', async () => {
    await over(history, async (audit, url) => {
      const exported = await audit('export', '--ledger', 'it-eur', '--out', file);
      expect(exported).toMatchObject({ code: 0, err: '' });
      expect(exported.out).toMatch(/it-eur, revisions 0 to 7\n[^]+ {2}head +it-eur:7:[0-9a-f]{64}\n$/);
      const { err } = await run(
        ['export', '--ledger', 'it-eur', '--out', join(folder, 'bar.gz'), '--url', url],
        true,
      );
      expect(err).toContain('Writing it-eur ██████████████████████████████ 100 % of 8 events');
    });
    const report = { ledger: 'it-eur', currency: 'EUR', whole: true, events: 8, entries: 3, accounts: 3 };
    const verified = await run(['verify-export', file, '--unsigned', '--json']);
    expect(verified).toMatchObject({ code: 0, err: '' });
    expect(json(verified)).toStrictEqual({
      ...{ verified: true, ...report, head: { revision: 7, hash: head } },
      ...{ checkpoints: 0, signers: [], finding: null },
    });
    const text = await run(['verify-export', file, '--unsigned'], true);
    expect(text.out).toMatch(
      /^it-eur: verified\n[^]+No signature was looked at: nothing shows who wrote it\n$/,
    );
    expect(text.err).toMatch(/Verifying █+ 100 % of \d+ bytes/);
  });

  it('name the first line that is wrong', async () => {
    const lines = gunzipSync(await readFile(file))
      .toString()
      .replaceAll('1250', '1251')
      .split('\n');
    const changed = join(folder, 'changed.ndjson');
    await writeFile(changed, lines.join('\n'));
    const hash = createHash('sha256')
      .update(lines[6] ?? '')
      .digest('hex');
    const verified = await run(['verify-export', changed, '--unsigned', '--json']);
    expect(verified).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        `^Line 8 of ${changed}, revision 6, is wrong \\(chain_broken\\): the event follows "[0-9a-f]{64}", but .* hashes to ${hash}\n$`,
      ),
    });
    expect(json(verified)).toMatchObject({
      verified: false,
      finding: { line: 8, revision: 6, code: 'chain_broken' },
    });
    expect(await run(['verify-export', file, '--key', key])).toMatchObject({
      code: 1,
      err: expect.stringContaining('revision 0, is wrong (checkpoint_missing)'),
    });
  });

  it('refuse a book whose chain is broken', async () => {
    await over(
      history.filter((_event, i) => i !== 4),
      async (audit) => {
        expect(await audit('export', '--ledger', 'it-eur', '--out', join(folder, 'broken.gz'))).toMatchObject(
          {
            code: 1,
            out: '',
            err: expect.stringMatching(/^it-eur cannot be exported \(chain_broken\): revision 4 follows /),
          },
        );
      },
    );
  });

  it('answer wrong use with what is right', async () => {
    const wrong = async (...args: string[]) => {
      const { code, err } = await run(args);
      expect(code).toBe(2);
      return err;
    };
    expect(await wrong('export')).toBe('Which book? Say --ledger <id>\n');
    expect(await wrong('export', '--ledger', 'xx-eur')).toMatch(/^"xx-eur" is not a ledger/);
    expect(await wrong('export', '--ledger', 'it-eur')).toBe('Where to? Say --out <file>.ndjson.gz\n');
    expect(await wrong('export', '--ledger', 'it-eur', '--out', 'x', '--from', '-1')).toMatch(/--from/);
    expect(await wrong('export', 'it-eur')).toBe('export does not take "it-eur"\n');
    expect(await wrong('verify-export')).toMatch(/^Say verify-export <file>/);
    expect(await wrong('verify-export', file)).toMatch(/^Say --key <public key>/);
    expect(await wrong('verify-export', file, '--key', 'x')).toMatch(/^--key: verifier key: not of the form/);
    expect(await wrong('verify-export', join(folder, 'absent'), '--unsigned')).toMatch(/^ENOENT/);
    await over(history, async (audit) => {
      const again = await audit('export', '--ledger', 'it-eur', '--out', file);
      expect(again).toMatchObject({ code: 2, err: `${file} is there already: name another file\n` });
    });
  });
});
