import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { latestCheckpoint } from '@florin/books';
import { connectEventStore, type NewEvent } from '@florin/event-store';
import type { LedgerEvent } from '@florin/ledger';
import { generateKey } from '@florin/proofs';
import {
  history,
  json,
  liabilitiesSecret,
  over,
  owedTo,
  run,
  sealed,
  sign,
  signer,
  story,
} from './books.fixture.spec.js';

const key = ['--key', `${signer}`];

describe('what is signed as owed', () => {
  let folder: string;
  let secret: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin-owed-'));
    secret = join(folder, 'secret');
    await writeFile(secret, `${liabilitiesSecret}\n`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is made again from the book, its root too with the secret', async () => {
    await over(history, async (audit, url) => {
      await sign(url);
      const told = await audit('liabilities', ...key, '--secret-file', secret, '--json');
      expect(told).toMatchObject({ code: 0, err: '' });
      expect(json(told)).toMatchObject({
        ...{ verified: true, ledger: 'it-eur', currency: 'EUR', checkpoint: 0, size: 8 },
        ...{ total: '20000', accounts: 2, rootMade: true, finding: null },
      });
      const text = await audit('liabilities', ...key);
      expect(text.out).toContain('it-eur: verified\n  owed        200.00 EUR to 2 accounts\n');
      expect(text.out).toContain('not made again: that takes --secret-file');
      await writeFile(join(folder, 'other'), 'a secret of another installation');
      expect(await audit('liabilities', ...key, '--secret-file', join(folder, 'other'))).toMatchObject({
        code: 1,
        err: expect.stringContaining(
          'What is signed as owed by it-eur is wrong (root_differs): its root is ',
        ),
      });
      expect(await audit('liabilities', ...key, '--at', '3')).toMatchObject({ code: 2 });
      expect(await audit('liabilities', ...key, '--secret-file', join(folder, 'none'))).toMatchObject({
        code: 2,
        err: expect.stringContaining('--secret-file cannot be read'),
      });
      expect(await audit('liabilities', '--key', `${generateKey(signer.name)}`)).toMatchObject({
        code: 1,
        err: expect.stringContaining('(checkpoint_invalid): checkpoint 0: no known key has signed'),
      });
      expect(await audit('liabilities')).toMatchObject({ code: 2 });
    });
  });

  it('is found where the book says otherwise', async () => {
    let note: NewEvent | undefined;
    await over(history, async (_, url) => {
      await sign(url);
      const store = connectEventStore(url);
      const { keys, liabilities, note: text, size } = (await latestCheckpoint(store, 'it-eur'))!;
      await store.close();
      note = {
        ...{ id: '00000000-0000-4000-8000-000000000001', type: 'CheckpointSigned' },
        ...{ data: { note: text, size }, metadata: { keys, liabilities } },
      };
    });
    const other = sealed(story().with(7, { ...story()[7], reference: 'other' } as LedgerEvent));
    await over(other, async (audit, url) => {
      const store = connectEventStore(url);
      await store.append('checkpoints-it-eur', [note as NewEvent], 'no_stream');
      await store.close();
      expect(await audit('liabilities', ...key)).toMatchObject({
        code: 1,
        err: expect.stringContaining('is wrong (chain_differs): its chain hash is '),
      });
    });
  });

  it('is checked by its owner without anything of ours', async () => {
    const file = join(folder, 'proof.json');
    await over(history, async (_, url) => {
      await sign(url);
      await writeFile(file, JSON.stringify(await owedTo(url, 'bruno')));
    });
    expect(await run(['verify-liability', file, ...key])).toEqual({
      ...{ code: 0, err: '' },
      out:
        '17.50 EUR are owed on wallet:bruno, after 8 events of it-eur:\n' +
        'they are in the 200.00 EUR that were signed as owed to 2 accounts\n',
    });
    const right = await readFile(file, 'utf8');
    const other = ['--key', `${generateKey(signer.name)}`];
    expect(await run(['verify-liability', file, ...other])).toMatchObject({
      code: 1,
      err: `${file} proves nothing: no known key has signed\n`,
    });
    await writeFile(file, right.replace('"1750"', '"1751"'));
    expect(await run(['verify-liability', file, ...key])).toMatchObject({
      code: 1,
      err: `${file} proves nothing: the way from the balance does not lead to the signed root and total\n`,
    });
    await writeFile(file, '{}');
    const none = await run(['verify-liability', file, ...key, '--json']);
    expect(json(none)).toEqual({
      verified: false,
      finding: 'it has not the form of a proof of what is owed',
    });
    await writeFile(file, 'x');
    expect((await run(['verify-liability', file, ...key])).code).toBe(1);
    expect((await run(['verify-liability', join(folder, 'none'), ...key])).code).toBe(2);
  });
});
