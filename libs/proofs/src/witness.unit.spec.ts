import { formatCheckpoint } from './checkpoint.js';
import { naiveReader, naiveRoot, someLeaves, tamperings } from './given.spec.js';
import { generateKey } from './keys.js';
import { emptyRoot } from './merkle.js';
import { consistencyProof } from './merkle-proofs.js';
import { cosignNote, formatNote, formatSignature, MAX_NOTE_BYTES, openNote, signNote } from './note.js';
import {
  decideWitness,
  formatAddCheckpoint,
  MAX_REQUEST_BYTES,
  parseAddCheckpoint,
  type AddCheckpoint,
  type WitnessState,
} from './witness.js';

const origin = 'florin.example/it-eur';
const logKey = generateKey(origin);
const log = { origin, keys: [logKey.verifier] };
const leaves = someLeaves(20);
const read = naiveReader(leaves);
const rootAt = (size: number): Buffer => naiveRoot(leaves.slice(0, size));
const stateAt = (size: number): WitnessState => ({ size: BigInt(size), root: rootAt(size) });

/** A signed checkpoint of the first `size` leaves. */
function noteAt(size: number, { key = logKey, root = rootAt(size), of = origin } = {}): string {
  const text = formatCheckpoint({ origin: of, size: BigInt(size), root, extensions: ['chain 7'] });
  return formatNote({ text, signatures: [signNote(text, key)] });
}

async function requestOf(oldSize: number, size: number, note = noteAt(size)): Promise<AddCheckpoint> {
  return { oldSize: BigInt(oldSize), proof: await consistencyProof(oldSize, size, read), note, origin };
}

const malformed = expect.objectContaining({ name: 'Malformed' }) as Error;

describe('a witness', () => {
  it('signs every step forward, from nothing on, and standing still', async () => {
    for (let from = 0; from <= 20; from++) {
      for (let to = from; to <= 20; to++) {
        const decision = decideWitness(stateAt(from), await requestOf(from, to), log);
        expect(decision).toMatchObject({ kind: 'cosign', state: stateAt(to) });
      }
    }
    expect(decideWitness(undefined, await requestOf(0, 7), log)).toMatchObject({
      kind: 'cosign',
      state: stateAt(7),
    });
    expect(stateAt(0).root).toEqual(emptyRoot);
  });

  it('signs the whole text, with its extension lines', async () => {
    const request = await requestOf(3, 7);
    const decision = decideWitness(stateAt(3), request, log);
    if (decision.kind !== 'cosign') throw new Error(decision.reason);
    const witness = generateKey('witness.example', 'cosignature/v1');
    const line = formatSignature(cosignNote(decision.text, witness, 1_800_000_000));
    const both = openNote(request.note + line, [logKey.verifier, witness.verifier]);
    expect(both.signatures.map(({ timeS }) => timeS)).toEqual([undefined, 1_800_000_000]);
  });

  it('takes any of the keys of a log, and ignores those of others', async () => {
    const next = generateKey(origin);
    const text = openNote(noteAt(7), log.keys).text;
    const signatures = [signNote(text, generateKey('other')), signNote(text, next)];
    const request = await requestOf(3, 7, formatNote({ text, signatures }));
    const rotated = { origin, keys: [logKey.verifier, next.verifier] };
    expect(decideWitness(stateAt(3), request, rotated).kind).toBe('cosign');
    expect(decideWitness(stateAt(3), request, log)).toMatchObject({ kind: 'refused', status: 403 });
  });

  it('tells a log where it stands when the log is mistaken, and never goes back', async () => {
    for (let stand = 0; stand <= 12; stand++) {
      for (let old = 0; old <= 12; old++) {
        if (old === stand) continue;
        for (let size = old; size <= 12; size++) {
          const decision = decideWitness(stateAt(stand), await requestOf(old, size), log);
          expect(decision).toMatchObject({ kind: 'conflict', status: 409, size: BigInt(stand) });
        }
      }
    }
  });

  it('refuses a checkpoint below the old size', async () => {
    const request = { ...(await requestOf(7, 7, noteAt(6))), proof: [] };
    expect(decideWitness(stateAt(7), request, log)).toMatchObject({ kind: 'refused', status: 400 });
  });

  it('refuses another root of the same size', async () => {
    const forked = await requestOf(7, 7, noteAt(7, { root: rootAt(8) }));
    expect(decideWitness(stateAt(7), forked, log)).toMatchObject({ kind: 'conflict', status: 409, size: 7n });
  });

  it('refuses what is not proved', async () => {
    const request = await requestOf(7, 12);
    const wrong = [...tamperings([...request.proof]), []].map((proof) => ({ ...request, proof }));
    const forked = await requestOf(7, 12, noteAt(12, { root: rootAt(13) }));
    const tooLarge = await requestOf(0, 7);
    const text = formatCheckpoint({ origin, size: 2n ** 60n, root: rootAt(7), extensions: [] });
    const huge = { ...tooLarge, note: formatNote({ text, signatures: [signNote(text, logKey)] }) };
    for (const bad of [...wrong, forked]) {
      expect(decideWitness(stateAt(7), bad, log)).toMatchObject({ kind: 'refused', status: 422 });
    }
    const more = { ...tooLarge, proof: [rootAt(1)] };
    for (const bad of [more, huge]) {
      expect(decideWitness(undefined, bad, log)).toMatchObject({ kind: 'refused', status: 422 });
    }
  });

  it('refuses a log that it does not watch', async () => {
    const request = await requestOf(3, 7);
    const other = { origin: 'florin.example/br-brl', keys: log.keys };
    expect(decideWitness(undefined, request, undefined)).toMatchObject({ kind: 'refused', status: 404 });
    expect(decideWitness(undefined, request, other)).toMatchObject({ kind: 'refused', status: 404 });
  });

  it('goes by the note that is signed, whatever is said beside it', async () => {
    const foreign = noteAt(7, { of: 'florin.example/br-brl' });
    expect(decideWitness(stateAt(3), await requestOf(3, 7, foreign), log)).toMatchObject({ status: 404 });
    expect(decideWitness(stateAt(3), await requestOf(3, 7, 'gibberish'), log)).toMatchObject({ status: 400 });
    const text = `${origin}\nseven\n`;
    const odd = formatNote({ text, signatures: [signNote(text, logKey)] });
    expect(decideWitness(stateAt(3), await requestOf(3, 7, odd), log)).toMatchObject({ status: 400 });
  });

  it('refuses a checkpoint that the log has not signed', async () => {
    const foreign = noteAt(7, { key: generateKey(origin) });
    const changed = noteAt(7).replace('chain 7', 'chain 8');
    for (const note of [foreign, changed]) {
      const decision = decideWitness(stateAt(3), await requestOf(3, 7, note), log);
      expect(decision).toMatchObject({ kind: 'refused', status: 403 });
    }
  });
});

describe('the body of a request', () => {
  /** The one that C2SP tlog-witness shows. */
  const shown =
    'old 20852014\n' +
    'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n' +
    'jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n' +
    '5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n' +
    '/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n' +
    '\n' +
    'example.com/behind-the-sofa\n' +
    '20852163\n' +
    'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n' +
    '\n' +
    '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n' +
    '— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n';

  it('is read and written as C2SP shows, as text and as bytes', () => {
    for (const body of [shown, Buffer.from(shown)]) {
      const request = parseAddCheckpoint(body);
      expect(request).toMatchObject({ oldSize: 20_852_014n, origin: 'example.com/behind-the-sofa' });
      expect(request.proof).toHaveLength(4);
      expect(formatAddCheckpoint(request)).toBe(shown);
    }
  });

  it('may have no proof', async () => {
    const request = await requestOf(0, 7);
    expect(formatAddCheckpoint(request).startsWith(`old 0\n\n${origin}\n7\n`)).toBe(true);
    expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual(request);
  });

  const hash = 'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n';
  it.each([
    ['nothing', ''],
    ['no old size', shown.slice(shown.indexOf('\n') + 1)],
    ['an old size with leading zeroes', shown.replace('old 2', 'old 02')],
    ['an old size that is none', shown.replace('old 2', 'old -2')],
    ['another word', shown.replace('old', 'new')],
    ['two spaces', shown.replace('old ', 'old  ')],
    ['carriage returns', shown.replaceAll('\n', '\r\n')],
    ['a hash cut short', shown.replace('PlRN', '')],
    ['a hash that is none', shown.replace('PlRN', '%%%%')],
    ['64 hashes', shown.replace(hash, hash.repeat(61))],
    ['no checkpoint', shown.slice(0, shown.indexOf('\n\n') + 2)],
    ['no signature', shown.slice(0, shown.lastIndexOf('\n\n') + 2)],
    ['a checkpoint that is none', shown.replace('20852163', 'many')],
    ['too many bytes', `${shown}${'a'.repeat(MAX_REQUEST_BYTES)}`],
    ['a note of too many bytes', shown.replace('2I=\n', `2I=\n${'a'.repeat(MAX_NOTE_BYTES)}\n`)],
  ])('with %s is refused', (_, body) => {
    expect(() => parseAddCheckpoint(body)).toThrow(malformed);
  });

  it('with bytes that are not UTF-8 is refused', () => {
    const bytes = Buffer.from(shown);
    bytes[shown.indexOf('sofa')] = 0xff;
    expect(() => parseAddCheckpoint(bytes)).toThrow(malformed);
  });

  it('with more than 63 hashes is not written', async () => {
    const request = await requestOf(0, 7);
    const proof = Array.from({ length: 64 }, () => rootAt(1));
    expect(parseAddCheckpoint(formatAddCheckpoint({ ...request, proof: proof.slice(1) })).proof).toHaveLength(
      63,
    );
    expect(() => formatAddCheckpoint({ ...request, proof })).toThrow(RangeError);
  });
});
