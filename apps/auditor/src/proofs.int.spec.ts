import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointStream, eventProofSchema, latestCheckpoint, Notary } from '@florin/books';
import { connectEventStore, type NewEvent } from '@florin/event-store';
import { formatAddCheckpoint, generateKey, openNote, VerifierKey } from '@florin/proofs';
import { eventually } from '@florin/testing';
import { runAuditor } from './auditor.js';
import { history, json, over, run, sign, signer } from './books.fixture.spec.js';

const ledger = 'it-eur';
const witness = generateKey('witness.example', 'cosignature/v1');
const key = ['--key', `${signer}`];

/** Appends to a stream of the store as somebody would who tampers with it. */
async function tamper(url: string, stream: string, events: readonly NewEvent[]): Promise<void> {
  const store = connectEventStore(url);
  await store.append(stream, events, 'any');
  await store.close();
}

describe('an audit of what was signed', () => {
  let folder: string;

  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'florin-proofs-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('holds every signed head against the book, for programs and for people', async () => {
    await over(history, async (audit, url) => {
      expect(await audit('checkpoints', ...key)).toMatchObject({
        code: 1,
        err: 'What is signed of it-eur is wrong (checkpoints_missing): nothing was ever signed of it-eur in this event store\n',
      });
      await sign(url);
      const right = await audit('checkpoints', ...key, '--json');
      expect(right).toMatchObject({ code: 0, err: '' });
      const signers = [`${signer.name}+${signer.id}`];
      expect(json(right)).toStrictEqual({
        verified: true,
        ledgers: [{ ledger, checkpoints: 1, size: 8, events: 8, signers, finding: null }],
      });
      expect((await audit('checkpoints', ...key)).out).toBe(
        'it-eur: verified\n' +
          '  checkpoints  1\n' +
          '  events       8, of which signed 8\n' +
          `  signed by    ${signers[0]}\n`,
      );
      expect(await audit('checkpoints', '--key', `${generateKey(signer.name)}`)).toMatchObject({
        code: 1,
        err: 'Checkpoint 0 of it-eur is wrong (checkpoint_invalid): no known key has signed\n',
      });
    });
  });

  it('finds a head of another book, one beyond the log, and what is no head', async () => {
    let signed: NewEvent;
    await over(history, async (_, url) => {
      await sign(url);
      const store = connectEventStore(url);
      const { note, size, keys } = (await latestCheckpoint(store, ledger))!;
      await store.close();
      signed = {
        ...{ id: '00000000-0000-4000-8000-000000000001', type: 'CheckpointSigned' },
        ...{ data: { note, size }, metadata: { keys } },
      };
    });
    await over(history.slice(0, 7), async (audit, url) => {
      await tamper(url, checkpointStream(ledger), [signed]);
      expect(await audit('checkpoints', ...key)).toMatchObject({
        code: 1,
        err: 'Checkpoint 0 of it-eur is wrong (checkpoint_beyond_log): it covers 8 events, but the log has 7\n',
      });
    });
    await over(history, async (audit, url) => {
      const { note } = signed.data as { note: string };
      const other = { ...signed, data: { note, size: 7 } };
      await tamper(url, checkpointStream(ledger), [other]);
      expect((await audit('checkpoints', ...key)).err).toContain('checkpoint_invalid');
    });
    await over(history, async (audit, url) => {
      await tamper(url, checkpointStream(ledger), [{ ...signed, type: 'Other' }]);
      expect((await audit('checkpoints', ...key)).err).toContain(
        'event 0 of checkpoints is not a checkpoint',
      );
    });
  });

  it('proves an entry in a file that anybody can check without an event store', async () => {
    const file = join(folder, 'proof.json');
    await over(history, async (audit, url) => {
      await sign(url);
      const proof = await audit('proof', '5', ...key);
      expect(proof).toMatchObject({ code: 0, err: '' });
      await writeFile(file, proof.out);
      const { event } = eventProofSchema.parse(json(proof));
      const { entryId } = (JSON.parse(event) as { data: { entryId: string } }).data;
      expect((await audit('proof', entryId, ...key)).out).toBe(proof.out);
      expect(await audit('proof', '8', ...key)).toMatchObject({ code: 2 });
      expect(await audit('proof', 'nothing', ...key)).toMatchObject({ code: 2 });

      const consistent = await audit('consistency', '3', '8');
      expect(consistent).toMatchObject({ code: 0, err: '' });
      expect(json(consistent)).toMatchObject({ verified: true, from: 3, to: 8 });
      expect(await audit('consistency', '8', '9')).toMatchObject({ code: 2 });
    });
    const right = await run(['verify-proof', file, ...key]);
    expect(right).toMatchObject({ code: 0, err: '' });
    expect(right.out).toContain('Revision 5 of it-eur is among the 8 events that were signed:');
    const changed = (await readFile(file, 'utf8')).replace('1250', '1251');
    await writeFile(file, changed);
    expect(await run(['verify-proof', file, ...key])).toMatchObject({
      code: 1,
      err: `${file} proves nothing: the leaf hash is not that of the event\n`,
    });
    await writeFile(file, '{}');
    expect((await run(['verify-proof', file, ...key, '--json'])).code).toBe(1);
    expect((await run(['verify-proof', join(folder, 'none'), ...key])).code).toBe(2);
  });

  it('has a witness, which co-signs what is consistent, remembers it, and refuses the rest', async () => {
    const state = join(folder, 'witness.json');
    const env = { WITNESS_SIGNING_KEY: witness.reveal() };

    /** Runs a witness while `use` asks it. */
    const witnessed = async (use: (url: string) => Promise<void>): Promise<string> => {
      const done = new AbortController();
      let out = '';
      let err = '';
      const running = runAuditor(['witness', '--state', state, ...key], {
        ...{ env, terminal: false, out: (text) => (out += text), err: (text) => (err += text) },
        untilStopped: () => once(done.signal, 'abort'),
      });
      await eventually(() => expect(out).toContain('\n'));
      await use(out.split('\n')[0] as string).finally(() => done.abort());
      expect(await running).toBe(0);
      expect(out + err).not.toContain('PRIVATE');
      return err;
    };

    await over(history, async (audit, url) => {
      await sign(url);
      await witnessed(async (at) => {
        const cosigned = await audit('cosign', at, ...key, '--key', `${witness}`);
        expect(cosigned).toMatchObject({ code: 0, err: '' });
        const { signatures } = openNote(cosigned.out, [signer.verifier, VerifierKey.parse(`${witness}`)]);
        expect(signatures.map(({ name }) => name)).toEqual([signer.name, witness.name]);
      });
      // After a restart it stands where it stood.
      const log = await witnessed(async (at) => {
        expect((await audit('cosign', at, ...key, '--key', `${witness}`)).code).toBe(0);
        const post = (body: string): Promise<Response> =>
          fetch(`${at}/add-checkpoint`, { method: 'POST', body });
        const store = connectEventStore(url);
        const { note } = (await latestCheckpoint(store, ledger))!;
        await store.close();
        const behind = await post(formatAddCheckpoint({ oldSize: 0n, proof: [], note }));
        expect([behind.status, behind.headers.get('content-type'), await behind.text()]).toEqual([
          409,
          'text/x.tlog.size',
          '8\n',
        ]);
        expect((await post('nothing')).status).toBe(400);
        expect((await post('x'.repeat(300_000))).status).toBe(413);
        expect((await fetch(`${at}/other`)).status).toBe(404);
      });
      expect(log).toContain('200 florin.example/ledger/it-eur at 8 is co-signed');
    });

    // The same log again, of another history.
    const shorter = history.slice(0, 8).toSpliced(7, 1);
    await over(shorter, async (audit, url) => {
      const store = connectEventStore(url);
      const options = { ledger, currency: 'EUR', store, signer, everyEntries: 1, everyMs: 10 };
      const notary = new Notary({ ...options, nowMs: Date.now });
      notary.start();
      await eventually(async () => expect((await latestCheckpoint(store, ledger))?.size).toBe(7));
      await notary.stop();
      await store.close();
      await witnessed(async (at) => {
        expect(await audit('cosign', at, ...key, '--key', `${witness}`)).toMatchObject({
          code: 1,
          err: 'Not co-signed: the witness has signed 8 events, but it-eur has 7\n',
        });
      });
    });
    expect(JSON.parse(await readFile(state, 'utf8'))).toMatchObject({ [signer.name]: { size: '8' } });
    await writeFile(state, 'half');
    expect(await run(['witness', '--state', state, ...key], false, env)).toMatchObject({
      code: 2,
      err: `${state} is not the state of a witness; it is left as it is\n`,
    });
  });

  it('makes keys whose secret is the answer, and the public key told beside it', async () => {
    const made = await run(['new-key', 'florin.example/ledger']);
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^PRIVATE\+KEY\+florin\.example\/ledger\+[0-9a-f]{8}\+/);
    expect(made.err).not.toContain('PRIVATE');
    expect((await run(['new-key', 'two words'])).code).toBe(2);
  });

  const stands: Record<string, string> = { KEY: `${signer}`, OTHER: `${generateKey('other')}` };
  it.each([
    [['checkpoints'], 'Say checkpoints --key <public key>'],
    [['checkpoints', '--key', 'KEY', 'more'], 'checkpoints does not take "more"'],
    [['checkpoints', '--key', 'x'], '--key: '],
    [['checkpoints', '--key', 'OTHER'], 'Which book?'],
    [['proof', '--key', 'KEY'], 'Say proof <revision or id>'],
    [['proof', '5'], 'Say proof <revision or id>'],
    [['consistency'], 'Say consistency <from> [<to>]'],
    [['consistency', 'a', 'b'], '"a" is not a number of events'],
    [['cosign', 'no address', '--key', 'KEY'], '"no address" is not the address of a witness'],
    [['witness', '--key', 'KEY'], 'Say witness --state <file>'],
    [['witness', '--state', '/dev/null/x', '--key', 'KEY'], 'With which key?'],
    [['witness', '--state', 's', '--port', 'http', '--key', 'KEY'], '"http" is not a port'],
  ])('does not understand %j', async (args, says) => {
    const answer = await run(args.map((arg) => stands[arg] ?? arg));
    expect(answer.code).toBe(2);
    expect(answer.err).toContain(says);
  });
});
