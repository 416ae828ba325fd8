import { flipBit } from './given.spec.js';
import { generateKey, SignerKey, VerifierKey } from './keys.js';
import {
  cosignNote,
  formatNote,
  formatSignature,
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  openNote,
  parseNote,
  parseSignature,
  signNote,
} from './note.js';

/** The note that the documentation of golang.org/x/mod/sumdb/note shows; Ed25519 signs the same bytes each time. */
const goSigner = SignerKey.parse(
  'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
);
const goVerifier = VerifierKey.parse('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
const text =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const goLine =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const goNote = `${text}\n${goLine}`;

/** The checkpoint that C2SP tlog-cosignature shows; the keys of its signers are not known. */
const c2spNote =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n' +
  '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n' +
  '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n';

const malformed = expect.objectContaining({ name: 'Malformed' }) as Error;
const unverified = (code: string): Error =>
  expect.objectContaining({ name: 'NoteUnverified', code }) as Error;

describe('signNote', () => {
  it('makes the very note that Go makes', () => {
    expect(formatNote({ text, signatures: [signNote(text, goSigner)] })).toBe(goNote);
  });

  it('does not sign with the key of a witness, nor a witness with that of a log', () => {
    expect(() => signNote(text, generateKey('w', 'cosignature/v1'))).toThrow(TypeError);
    expect(() => cosignNote(text, goSigner, 1)).toThrow(TypeError);
  });
});

describe('openNote', () => {
  it('verifies what Go has signed, as text and as bytes', () => {
    for (const message of [goNote, Buffer.from(goNote)]) {
      const note = openNote(message, [goVerifier]);
      expect(note.text).toBe(text);
      expect(note.signatures).toMatchObject([{ key: goVerifier, timeS: undefined }]);
      expect(note.unknown).toEqual([]);
    }
  });

  it('ignores signatures of unknown keys, also when they share a name or an id', () => {
    const sameName = generateKey('PeterNeumann');
    const sameId = { ...signNote(text, goSigner), name: 'EnochRoot' };
    const other = signNote(text, generateKey('EnochRoot'));
    const signatures = [signNote(text, sameName), sameId, other, signNote(text, goSigner)];
    const note = openNote(formatNote({ text, signatures }), [goVerifier]);
    expect(note.signatures.map(({ id }) => id)).toEqual(['c74f20a3']);
    expect(note.unknown.map(({ name }) => name)).toEqual(['PeterNeumann', 'EnochRoot', 'EnochRoot']);
  });

  it('verifies several keys', () => {
    const keys = [generateKey('a'), generateKey('b'), generateKey('c')];
    const message = formatNote({ text, signatures: keys.map((key) => signNote(text, key)) });
    const note = openNote(
      message,
      keys.map(({ verifier }) => verifier),
    );
    expect(note.signatures.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('refuses a note that no known key has signed', () => {
    expect(() => openNote(goNote, [])).toThrow(unverified('unsigned'));
    expect(() => openNote(goNote, [generateKey('PeterNeumann').verifier])).toThrow(unverified('unsigned'));
  });

  it('refuses a note with any letter of the text changed', () => {
    for (let at = 0; at < text.length - 1; at++) {
      const changed = `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
      expect(() => openNote(`${changed}\n${goLine}`, [goVerifier])).toThrow(unverified('signature_invalid'));
    }
  });

  it('refuses a wrong signature of a known key, also beside a right one', () => {
    const right = signNote(text, goSigner);
    for (const bytes of [flipBit(right.bytes, 63), right.bytes.subarray(1), Buffer.alloc(100)]) {
      const message = formatNote({ text, signatures: [right, { ...right, bytes }] });
      expect(() => openNote(message, [goVerifier])).toThrow(unverified('signature_invalid'));
    }
  });
});

describe('a cosignature', () => {
  const witness = generateKey('witness.example.com/w1', 'cosignature/v1');
  const checkpoint = parseNote(c2spNote).text;
  const line = cosignNote(checkpoint, witness, 1_679_315_147);

  it('is laid out as C2SP shows: eight bytes of time, then Ed25519 over time and text', () => {
    const shown = parseNote(c2spNote).signatures[1];
    expect(shown?.bytes).toHaveLength(72);
    expect(shown?.bytes.readBigUInt64BE()).toBe(1_679_315_147n);
    expect(line.bytes.subarray(0, 8)).toEqual(shown?.bytes.subarray(0, 8));
    const message = `cosignature/v1\ntime 1679315147\n${checkpoint}`;
    expect(witness.verifier.verify(Buffer.from(message), line.bytes.subarray(8))).toBe(true);
  });

  it('is verified beside what was there, and tells its time', () => {
    const note = openNote(c2spNote + formatSignature(line), [witness.verifier]);
    expect(note.signatures).toMatchObject([{ name: 'witness.example.com/w1', timeS: 1_679_315_147 }]);
    expect(note.unknown).toHaveLength(2);
  });

  it('is wrong with another time, another text or another length', () => {
    const earlier = Buffer.from(line.bytes);
    earlier.writeBigUInt64BE(1_679_315_146n);
    const endless = Buffer.from(line.bytes);
    endless.writeBigUInt64BE(2n ** 63n);
    const short = line.bytes.subarray(0, 8);
    for (const bytes of [
      earlier,
      endless,
      short,
      flipBit(line.bytes, 71),
      Buffer.concat([line.bytes, short]),
    ]) {
      const message = c2spNote + formatSignature({ ...line, bytes });
      expect(() => openNote(message, [witness.verifier])).toThrow(unverified('signature_invalid'));
    }
    const other = c2spNote.replace('20852163', '20852164') + formatSignature(line);
    expect(() => openNote(other, [witness.verifier])).toThrow(unverified('signature_invalid'));
  });

  it.each([0, -1, 0.5, 2 ** 53])('is not made at %d s', (timeS) => {
    expect(() => cosignNote(checkpoint, witness, timeS)).toThrow(RangeError);
  });
});

describe('parseNote', () => {
  it('reads what C2SP shows, and writes it back', () => {
    const quasimodo =
      'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n' +
      '— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';
    const note = parseNote(quasimodo);
    expect(note.text.endsWith(':\n\ned è subito sera.\n')).toBe(true);
    expect(note.signatures).toMatchObject([{ name: 'quasimodo.example/salvatore', id: '367ba04b' }]);
    for (const shown of [quasimodo, c2spNote, goNote]) expect(formatNote(parseNote(shown))).toBe(shown);
  });

  it.each([
    ['no signature', text],
    ['no signature', `${text}\n`],
    ['no line feed at the end', goNote.slice(0, -1)],
    ['no empty line', text + goLine],
    ['a control character', `\u0001${goNote}`],
    ['a carriage return', goNote.replace('\n', '\r\n')],
    ['half a surrogate pair', `\ud800${goNote}`],
    ['a name with a space', goNote.replace('PeterNeumann', 'Bad Name')],
    ['a name with a plus', goNote.replace('PeterNeumann', 'Bad+Name')],
    ['a hyphen for the dash', goNote.replace('—', '-')],
    ['another line', `${goNote}Unexpected line.\n`],
    ['two spaces', goNote.replace('PeterNeumann ', 'PeterNeumann  ')],
    ['not base64', goNote.replace('x08go/', 'x08go!')],
    ['no padding', goNote.replace('AM=', 'AM')],
    ['bits beyond the end', goNote.replace('AM=', 'AN=')],
    ['an id alone', `${text}\n— PeterNeumann x08gow==\n`],
  ])('refuses a note with %s', (_, message) => {
    expect(() => parseNote(message)).toThrow(malformed);
    expect(() => openNote(message, [goVerifier])).toThrow(malformed);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseNote(Buffer.concat([Buffer.of(0xff), Buffer.from(goNote)]))).toThrow(malformed);
  });

  it('takes a byte order mark for a letter of the text', () => {
    expect(parseNote(Buffer.from(`\ufeff${goNote}`)).text).toBe(`\ufeff${text}`);
  });

  it('has a limit on signatures and on bytes', () => {
    const most = `${text}\n${goLine.repeat(MAX_SIGNATURES)}`;
    expect(openNote(most, [goVerifier]).signatures).toHaveLength(MAX_SIGNATURES);
    expect(() => parseNote(most + goLine)).toThrow(malformed);
    const long = 'à'.repeat(MAX_NOTE_BYTES / 2);
    expect(() => parseNote(`${long}\n\n${goLine}`)).toThrow(malformed);
    expect(() => parseNote(Buffer.from(`${long}\n\n${goLine}`))).toThrow(malformed);
  });
});

describe('formatNote', () => {
  it('writes nothing that would not be read back', () => {
    const signature = signNote(text, goSigner);
    expect(() => formatNote({ text: text.trimEnd(), signatures: [signature] })).toThrow(malformed);
    expect(() => formatNote({ text: `a\tb\n`, signatures: [signature] })).toThrow(malformed);
    expect(() => formatNote({ text, signatures: [] })).toThrow(malformed);
    const many = Array.from({ length: MAX_SIGNATURES + 1 }, () => signature);
    expect(() => formatNote({ text, signatures: many })).toThrow(malformed);
    expect(parseSignature(formatSignature(signature).trimEnd())).toEqual(signature);
  });
});
