import { cosignatureStream, latestCheckpoint } from '@florin/books';
import { connectEventStore } from '@florin/event-store';
import { cosignNote, formatSignature, generateKey, parseNote, type SignerKey } from '@florin/proofs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { history, json, over, run, sign, signer } from './books.fixture.spec.js';

const key = ['--key', `${signer}`];
const witnesses = ['a.example', 'b.example'].map((name) => generateKey(name, 'cosignature/v1')) as [
  SignerKey,
  SignerKey,
];
const keys = witnesses.flatMap((witness) => ['--witness-key', `${witness}`]);

/** Stores the newest head with the lines of these witnesses, or what `change` makes of it. */
async function cosign(url: string, by: readonly SignerKey[], change = (note: string) => note): Promise<void> {
  const store = connectEventStore(url);
  const { note, number, size } = (await latestCheckpoint(store, 'it-eur'))!;
  const lines = by.map((one) => formatSignature(cosignNote(parseNote(note).text, one, 1_700_000_000)));
  const data = { number, size, note: change(note + lines.join('')) };
  const event = { id: crypto.randomUUID(), type: 'CheckpointCosigned', data };
  await store.append(cosignatureStream('it-eur'), [event], 'any');
  await store.close();
}

describe('cosignatures', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'florin-cosignatures-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('are demanded of what is signed, by their number', async () => {
    await over(history, async (audit, url) => {
      await sign(url, signer, 5);
      const check = (...args: string[]) => audit('checkpoints', ...key, ...keys, ...args);
      expect(await check()).toMatchObject({
        code: 1,
        err: 'Checkpoint 0 of it-eur is wrong (cosignatures_missing): 1 of 2 witnesses have co-signed 0 events, which is less than it covers\n',
      });
      await cosign(url, witnesses.slice(0, 1));
      const one = await check('--json');
      expect(one).toMatchObject({ code: 0, err: '' });
      expect(json(one)).toMatchObject({ ledgers: [{ cosigned: 5, finding: null }] });
      expect((await check()).out).toContain('  co-signed    5 events\n');
      expect((await check('--witnesses', '2')).err).toContain('2 of 2 witnesses have co-signed 0 events');
      await cosign(url, witnesses);
      expect(await check('--witnesses', '2')).toMatchObject({ code: 0, err: '' });

      await sign(url);
      expect(json(await check('--json', '--at', '6'))).toMatchObject({ ledgers: [{ cosigned: 5 }] });
      expect((await check()).err).toContain('Checkpoint 1 of it-eur is wrong (cosignatures_missing): ');
      await cosign(url, witnesses);
      expect(json(await check('--json', '--witnesses', '2'))).toMatchObject({ ledgers: [{ cosigned: 8 }] });
    });
  });

  it.each([
    ['another text', (note: string) => note.replace('\n8\n', '\n9\n'), 'is not the head that is stored'],
    ['no note', () => 'no note', 'note: '],
    [
      'a wrong line',
      (note: string) => note.replace(/\u2014 a\.example .{60}/, (line) => `${line.slice(0, -4)}AAAA`),
      'the signature of a.example',
    ],
  ])('are found to be wrong with %s', async (_, change, detail) => {
    await over(history, async (audit, url) => {
      await sign(url);
      await cosign(url, witnesses, change);
      const found = await audit('checkpoints', ...key, ...keys);
      expect(found.code).toBe(1);
      expect(found.err).toContain('Checkpoint 0 of it-eur is wrong (cosignature_invalid): ');
      expect(found.err).toContain(detail);
      expect((await audit('checkpoints', ...key)).code).toBe(0);
    });
  });

  it('come with proofs, and are demanded of them offline', async () => {
    const file = join(folder, 'proof.json');
    await over(history, async (audit, url) => {
      await sign(url, signer, 5);
      await cosign(url, witnesses.slice(0, 1));
      await sign(url);
      const proof = await audit('proof', '4', ...key);
      expect(json(proof)).toMatchObject({ size: 5 });
      await writeFile(file, proof.out);
      expect(json(await audit('proof', '6', ...key))).toMatchObject({ size: 8 });
      await writeFile(join(folder, 'plain.json'), (await audit('proof', '6', ...key)).out);
    });
    const verify = (name: string, ...args: string[]) =>
      run(['verify-proof', join(folder, name), ...key, ...args]);
    expect(await verify('proof.json', ...keys)).toMatchObject({ code: 0, err: '' });
    expect(await verify('proof.json', ...keys, '--witnesses', '2')).toMatchObject({
      code: 1,
      err: `${file} proves nothing: 1 of the witnesses have co-signed it, not 2\n`,
    });
    expect((await verify('plain.json', ...keys)).code).toBe(1);
    expect((await verify('plain.json')).code).toBe(0);
  });

  it.each([
    [['--witnesses', '1'], 'Whose? Say --witness-key'],
    [[...keys, '--witnesses', '3'], '--witnesses is a number from 1 to that of the witness keys, 2'],
    [[...keys, '--witnesses', 'all'], '--witnesses is a number'],
    [['--witness-key', 'x'], '--witness-key: verifier key: '],
    [['--witness-key', `${signer}`], '--witness-key: is not the key of a witness'],
  ])('are not demanded with %j', async (args, says) => {
    for (const command of [['checkpoints'], ['verify-proof', join(folder, 'proof.json')]]) {
      const answer = await run([...command, ...key, ...args]);
      expect(answer.code).toBe(2);
      expect(answer.err).toContain(says);
    }
  });
});
