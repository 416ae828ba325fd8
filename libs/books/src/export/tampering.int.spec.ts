import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  checkpointsAt,
  key,
  linesOf,
  otherKey,
  releasedBook,
  resealed,
  storeOf,
  written,
} from './export.fixture.spec.js';
import { atTheEdges } from './edges.fixture.spec.js';
import { exportToFile } from './export-file.js';
import { flippedFields, forgeries, movedLines, type Tampering } from './tampered.fixture.spec.js';
import { verifyExport } from './verify-export.js';

let folder: string;
let whole: string;
let lines: string[];
let older: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'florin-tampering-'));
  older = linesOf(await exported(1, [3]));
  whole = await exported(2, [7, 20]);
  lines = linesOf(whole);
});
afterAll(() => rm(folder, { recursive: true }));

async function exported(version: 1 | 2, sizes: readonly number[]): Promise<string> {
  const book = releasedBook(version);
  const file = join(folder, `book-${version}.gz`);
  await exportToFile(await storeOf(book, checkpointsAt(book, [...sizes, book.length])), file, {
    ledger: 'it-eur',
  });
  return file;
}

interface Case {
  readonly what: string;
  readonly file: string;
}

let files = 0;
const newFile = (): string => join(folder, `${(files += 1)}.ndjson`);
const inFiles = (tamperings: readonly Tampering[]): Promise<Case[]> =>
  Promise.all(
    tamperings.map(async ({ what, lines: tampered }) => ({ what, file: await written(newFile(), tampered) })),
  );
const inBytes = async (what: string, bytes: Uint8Array): Promise<Case> => {
  const file = newFile();
  await writeFile(file, bytes);
  return { what, file };
};

/** Where and what the first fault is, without the words. */
const verdictOf = async ({ file }: Case): Promise<string> => {
  const { finding } = await verifyExport([file], { keys: [key.verifier] });
  return finding === undefined ? 'verified' : `${finding.line} ${finding.revision} ${finding.code}`;
};

/** Files that are no export at all, and gzip that was cut off or damaged. */
function rubbish(): Promise<Case[]> {
  const gzip = readFileSync(whole);
  const half = Math.floor(gzip.length / 2);
  return Promise.all([
    inBytes('nothing', Buffer.alloc(0)),
    inBytes('an empty gzip member', gzipSync('')),
    inBytes('a line feed', Buffer.from('\n')),
    inBytes('zeros', Buffer.alloc(100_000)),
    inBytes('a long line without end', Buffer.alloc(3_000_000, 'x')),
    inBytes('a gzip bomb', gzipSync(Buffer.alloc(30_000_000))),
    inBytes('no UTF-8', Buffer.concat([Buffer.from(`${lines[0]}\n`), Buffer.of(0xff, 0xfe, 10)])),
    inBytes('the first bytes of gzip', gzip.subarray(0, 5)),
    inBytes('half a file', gzip.subarray(0, half)),
    inBytes('all but the last byte of the text', Buffer.from(lines.join('\n'))),
    inBytes('no gzip after all', Buffer.concat([gzip.subarray(0, 2), Buffer.alloc(1_000, 7)])),
    inBytes('a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')),
  ]);
}

const tampered = {
  'fields of events changed': () => inFiles([...flippedFields(lines), ...flippedFields(older)]),
  'lines dropped, doubled, exchanged and cut off': () => inFiles(movedLines(lines)),
  forgeries: () => inFiles(forgeries(lines, older)),
  'no export at all': rubbish,
  'events at the edge of a rule': async () => inFiles(await atTheEdges()),
};
const kinds = Object.keys(tampered) as (keyof typeof tampered)[];

interface Judged extends Case {
  readonly verdict: string;
}

/** Some 1,800 files: seconds on a machine of its own, more on one that is shared. */
const LONG_MS = 180_000;

const judged = new Map<string, Promise<Judged[]>>();

/** Our verdicts on all cases of a kind, which are some hundreds: found once. */
function judgedOf(kind: keyof typeof tampered): Promise<Judged[]> {
  const known = judged.get(kind) ?? tampered[kind]().then(judge);
  judged.set(kind, known);
  return known;
}

async function judge(cases: readonly Case[]): Promise<Judged[]> {
  const all: Judged[] = [];
  for (const one of cases) all.push({ ...one, verdict: await verdictOf(one) });
  return all;
}

describe('an export that was tampered with', () => {
  it.each(kinds)(
    'is found out: %s',
    async (kind) => {
      const missed = (await judgedOf(kind)).filter(({ verdict }) => verdict === 'verified');
      expect(missed.map(({ what }) => what)).toStrictEqual([]);
    },
    LONG_MS,
  );

  it('is given the reason that the rules say', async () => {
    const cases = await judgedOf('events at the edge of a rule');
    const codeOf = (what: string) =>
      cases
        .find((one) => one.what.startsWith(what))
        ?.verdict.split(' ')
        .at(-1);
    for (const book of ['', 'a part with ']) {
      expect(codeOf(`${book}an id again after seven days and 0 min`)).toBe('entry_id_repeated');
      expect(codeOf(`${book}an id again after seven days and 1 min`)).toBe('entry_id_invalid');
      expect(codeOf(`${book}an id again after seven days and 130 min`)).toBe('entry_id_invalid');
    }
    for (const month of ['0000-12', '0099-12', '1969-12', '9999-11', '9999-12', '2026-10']) {
      expect([month, codeOf(month)]).toStrictEqual([month, 'period_invalid']);
    }
    for (const month of ['1970-01', '9998-12']) {
      expect([month, codeOf(month)]).toStrictEqual([month, 'checkpoint_missing']);
    }
  });

  it('is told from one that is right', async () => {
    const sound = await inFiles(
      [lines, older, resealed(lines)].map((one) => ({ what: 'sound', lines: one })),
    );
    for (const one of sound) expect(await verdictOf(one)).toBe('verified');
  });
});

const verifier = fileURLToPath(new URL('../../../../examples/verifier-python', import.meta.url));
/** Verifies many files in one process: starting Python takes longer than a file. */
const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
import notes, verify
keys = [notes.Key(key) for key in sys.argv[2:]]
for file in json.load(sys.stdin):
    found = verify.verify([file], keys)['finding']
    print('verified' if found is None else f"{found['line']} {found['revision']} {found['code']}")
`;

function pythonVerdicts(cases: readonly Case[]): string[] {
  const input = JSON.stringify(cases.map(({ file }) => file));
  const args = ['-B', '-c', program, verifier, key.verifier.toString()];
  return execFileSync('python3', args, { input, encoding: 'utf8' }).trimEnd().split('\n');
}

if (spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0) {
  describe('the verifier in Python', () => {
    it.each(kinds)(
      'names the same first fault as ours: %s',
      async (kind) => {
        const cases = await judgedOf(kind);
        const theirs = pythonVerdicts(cases);
        expect(cases.map(({ what }, at) => `${what}: ${theirs[at]}`)).toStrictEqual(
          cases.map(({ what, verdict }) => `${what}: ${verdict}`),
        );
      },
      LONG_MS,
    );

    it('verifies what is right, and answers as a command', async () => {
      const sound = await inFiles([lines, older].map((one) => ({ what: 'sound', lines: one })));
      expect(pythonVerdicts([...sound, { what: 'gzip', file: whole }])).toStrictEqual(
        Array(3).fill('verified'),
      );
      const run = (...args: string[]) =>
        spawnSync('python3', ['-B', join(verifier, 'verify.py'), ...args]).status;
      expect(run(whole, '--key', key.verifier.toString())).toBe(0);
      expect(run(whole, '--key', otherKey.verifier.toString())).toBe(1);
      expect(run(whole, '--unsigned', '--json')).toBe(0);
      expect(run(whole)).toBe(2);
      expect(run(whole, '--key', 'no key')).toBe(2);
      expect(run(join(folder, 'absent'), '--unsigned')).toBe(2);
    });
  });
} else {
  it('no second verifier has run: python3 from 3.9 on is not installed', () =>
    expect(spawnSync('python3', ['-V']).status).not.toBe(0));
}
