import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExportReport } from './verify-export.js';
import { releasedBook, resealed, textsOf, written } from './export.fixture.spec.js';
import { endLine, EXPORT_FORMAT, headerLine } from './format.js';

/** As it is built: from its sources it has one thread, whatever the size. */
const built = new URL('../../dist/export/verify-export.js', import.meta.url).href;
const program = `
  const { verifyExport } = await import(process.argv[2]);
  console.log(JSON.stringify(await verifyExport([process.argv[3]], { keys: undefined })));
`;

/** More events than fit into a few blocks: entries to and fro, and then the same account is frozen again and again. */
function longExport(): string[] {
  const [created = '', source = ''] = textsOf(releasedBook(2));
  const { recordedAt } = (JSON.parse(source) as { data: { recordedAt: number } }).data;
  const time = recordedAt.toString(16).padStart(12, '0');
  const idOf = (n: number) =>
    `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
  const wallet = JSON.stringify({
    data: {
      ...{
        chart: '2010',
        class: 'liability',
        currency: 'EUR',
        floor: null,
        id: 'wallet:someone',
        owner: null,
      },
      ...{ recordedAt, testMoney: false },
    },
    ...{ schema: 2, type: 'AccountOpened' },
  });
  const entries = Array.from({ length: 8_000 }, (_, n) => {
    const amount = n % 2 === 0 ? 700 : -700;
    const postings = [
      { account: 'source:test-money', amount },
      { account: 'wallet:someone', amount: -amount },
    ];
    const entry = {
      currency: 'EUR',
      effectiveAt: recordedAt,
      entryId: idOf(20_000 + n),
      kind: 'p2p',
      postings,
    };
    return JSON.stringify({
      data: { ...entry, recordedAt, reference: `payment-${n}` },
      ...{ schema: 2, type: 'EntryPosted' },
    });
  });
  const frozen = Array.from({ length: 12_000 }, (_, n) => {
    const commandId = idOf(n);
    const data = {
      account: 'source:test-money',
      commandId,
      frozen: 'in',
      recordedAt,
      reference: `case-${n}`,
    };
    return JSON.stringify({ data, schema: 2, type: 'AccountFrozen' });
  });
  const to = entries.length + frozen.length + 2;
  const range = { ledger: 'it-eur', currency: 'EUR', origin: null, from: 0, to };
  const end = { checkpoints: 0, entries: 0, events: 0, hash: '', revision: 0 };
  const ends = [headerLine({ format: EXPORT_FORMAT, ...range }), endLine(end)].map((line) => line.trimEnd());
  return resealed([ends[0] ?? '', created, source, wallet, ...entries, ...frozen, ends[1] ?? '']);
}

describe('an export that is hashed in a thread of its own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin-thread-'));
    await writeFile(join(folder, 'verify.mjs'), program);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const verified = async (file: string): Promise<ExportReport> => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'verify.mjs'), built, file]);
    return JSON.parse(stdout) as ExportReport;
  };

  it('is verified, and its first fault named, as in one thread', async () => {
    const lines = longExport();
    const file = await written(join(folder, 'sound'), lines);
    const report = await verified(file);
    expect(report).toMatchObject({
      ...{ events: 20_003, entries: 8_000, head: { revision: 20_002 } },
    });
    expect(report).not.toHaveProperty('finding');

    const changed = lines.with(17_000, (lines[17_000] ?? '').replace('"in"', '"out"'));
    expect((await verified(await written(join(folder, 'changed'), changed))).finding).toMatchObject({
      ...{ line: 17_002, revision: 17_000, code: 'chain_broken' },
    });
    const unbalanced = changed.with(7_000, (lines[7_000] ?? '').replace(':-700', ':-701'));
    expect((await verified(await written(join(folder, 'unbalanced'), unbalanced))).finding).toMatchObject({
      ...{ line: 7_001, revision: 6_999, code: 'entry_invalid' },
    });
    const exchanged = changed.with(7_000, lines[7_001] ?? '').with(7_001, lines[7_000] ?? '');
    expect((await verified(await written(join(folder, 'exchanged'), exchanged))).finding).toMatchObject({
      ...{ line: 7_001, revision: 6_999, code: 'revision_gap' },
    });
    const spaced = changed.with(16_000, (lines[16_000] ?? '').replace(':', ': '));
    expect((await verified(await written(join(folder, 'spaced'), spaced))).finding).toMatchObject({
      ...{ line: 16_001, revision: 15_999, code: 'line_malformed' },
    });
  });
});
