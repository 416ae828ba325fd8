import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEventStore, type NewEvent } from '@florin/event-store';
import { generateKey, signNote, formatNote } from '@florin/proofs';
import { randomUUID } from 'node:crypto';
import { head, history, json, over } from './books.fixture.spec.js';

const second = ['--from', '2026-11-02T12:00:00Z', '--to', '2026-11-02T12:00:00.001Z'];

/** The checkpoint of the whole history, and of less. */
function checkpoints(): NewEvent[] {
  const key = generateKey('florin.example/ledger/it-eur');
  return [4, 8].map((size) => {
    const text = `florin.example/ledger/it-eur\n${size}\nAAAA\nchain ${head}\n`;
    const note = formatNote({ text, signatures: [signNote(text, key)] });
    return { id: randomUUID(), type: 'CheckpointSigned', data: { note, size } };
  });
}

describe('a statement from the event store alone', () => {
  let folder: string;

  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'florin-statement-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('has what moved on the account, in the format that is asked for', async () => {
    await over(history, async (audit) => {
      const asked = await audit('statement', 'wallet:anna', '--ledger', 'it-eur', ...second);
      expect(asked).toMatchObject({ code: 0, err: '' });
      expect(json(asked)).toMatchObject({
        ledger: 'it-eur',
        account: 'wallet:anna',
        opening: 0,
        closing: 18_250,
        credits: { count: 1, sum: '20000' },
        debits: { count: 2, sum: '1750' },
        lines: [
          { revision: 4, kind: 'test-funding', change: 20_000, balance: 20_000, reference: 'payment-1' },
          { revision: 5, kind: 'p2p', change: -1_250, balance: 18_750 },
          { revision: 7, change: -500, balance: 18_250 },
        ],
        checkpoint: null,
        proofUrl: null,
      });
      expect((await audit('statement', 'wallet:anna', ...second, '--json')).out).toBe(asked.out);
      const csv = await audit('statement', 'wallet:bruno', ...second, '--format', 'csv');
      expect(csv.out.split('\r\n')).toHaveLength(6);
      const camt = await audit('statement', 'wallet:bruno', '--period', '2026-11', '--format', 'camt');
      expect(camt.out).toMatch(/^<\?xml [^]*<Cd>OPBD<\/Cd>[^]*<Amt Ccy="EUR">17\.50<\/Amt>/);
    });
  });

  it('joins the ones before and after it, in which nothing moved', async () => {
    await over(history, async (audit) => {
      const of = async (...time: string[]) => json(await audit('statement', 'wallet:anna', ...time));
      expect(await of('--period', '2026-10')).toMatchObject({ opening: 0, closing: 0, lines: [] });
      expect(
        await of('--from', '2026-11-02T12:00:00.001Z', '--to', '2026-12-01T00:00:00+01:00'),
      ).toMatchObject({ opening: 18_250, closing: 18_250, lines: [] });
    });
  });

  it('is printed into a file, with the first checkpoint that covers it', async () => {
    await over(history, async (audit, url) => {
      const store = connectEventStore(url);
      await store.append('checkpoints-it-eur', checkpoints(), 'no_stream');
      await store.close();
      const at = ['--public-url', 'https://florin.example', ...second];
      const asked = json(await audit('statement', 'wallet:anna', ...at));
      expect(asked).toMatchObject({
        checkpoint: {
          note: expect.stringContaining('\n8\n'),
          fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
        proofUrl: expect.stringMatching(
          /^https:\/\/florin\.example\/v1\/ledgers\/it-eur\/entries\/.*\/proof$/,
        ),
      });
      const files = [join(folder, 'a.pdf'), join(folder, 'b.pdf')];
      for (const file of files) {
        const print = ['--format', 'pdf', '--locale', 'en', '--out', file];
        expect(await audit('statement', 'wallet:anna', ...at, ...print)).toMatchObject({
          code: 0,
          out: expect.stringContaining(': wallet:anna of it-eur, '),
        });
      }
      const [first, again] = await Promise.all(files.map((file) => readFile(file)));
      expect(first?.subarray(0, 5).toString()).toBe('%PDF-');
      expect(again).toEqual(first);
    });
  });

  it('is not made from a book that is wrong', async () => {
    await over(history.toSpliced(4, 1), async (audit) => {
      expect(await audit('statement', 'wallet:anna', ...second)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('There is no statement from a book that is wrong.'),
      });
    });
  });

  it('helps whoever asks in a wrong way', async () => {
    await over(history, async (audit) => {
      const wrong: [string[], string][] = [
        [[], 'Say statement <account>'],
        [['wallet:anna'], 'Of what time?'],
        [['wallet:anna', '--period', '2026-10', ...second], 'Of what time?'],
        [['wallet:anna', '--period', '2026-13'], '--period: "2026-13" is not a month'],
        [['wallet:anna', '--from', '2026-10-01'], '--from and --to take times'],
        [
          ['wallet:anna', '--period', '2026-10', '--format', 'xls'],
          '--format is one of json, csv, camt, pdf',
        ],
        [['wallet:anna', '--period', '2026-10', '--format', 'pdf'], 'Where to? Say --out'],
        [['wallet:anna', '--period', '2026-10', '--format', 'csv', '--json'], '--json cannot print csv'],
        [['wallet:anna', '--period', '2026-10', '--out', join(folder, 'no', 'a')], '--out: ENOENT'],
        [['wallet:anna', '--period', '2026-10', '--locale', 'de'], '--locale is one of it, en, pt'],
        [['wallet:carla', '--period', '2026-10'], 'wallet:carla is not an account of it-eur at revision 7'],
      ];
      for (const [args, message] of wrong) {
        const { code, err } = await audit('statement', ...args);
        expect({ args, code, err }).toEqual({ args, code: 2, err: expect.stringContaining(message) });
      }
    });
  });
});
