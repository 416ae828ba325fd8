import { sha256 } from '@florin/event-store';
import { canonicalJson, type Json } from '@florin/ledger';
import { formatNote, signNote } from '@florin/proofs';
import { key, otherKey, resealed, resigned } from './export.fixture.spec.js';

/** What somebody may do to an export, and every bit of it is to be found; holds no test itself. */

export interface Tampering {
  readonly what: string;
  readonly lines: readonly string[];
}

const isEvent = (line: string): boolean => line.startsWith('{"data":');
const isCheckpoint = (line: string): boolean => line.startsWith('{"checkpoint":');

/** Each field of each event changed, one at a time: as it is, and with the chain made anew after it. */
export function flippedFields(lines: readonly string[]): Tampering[] {
  return lines.flatMap((line, at) => {
    if (!isEvent(line)) return [];
    return changesOf(JSON.parse(line) as Json).flatMap(({ path, value }) => {
      const flipped = lines.with(at, canonicalJson(value));
      const what = `${path} of line ${at + 1} changed`;
      // A forger knows the rest of the text as well as we do, so it makes no difference there.
      if (!path.startsWith('.data')) return [{ what, lines: flipped }];
      return [
        { what, lines: flipped },
        { what: `${what}, chain made anew`, lines: resealed(flipped) },
      ];
    });
  });
}

/** Each value within a value changed into another of its type, taken away, and one too many added. */
function changesOf(value: Json, path = ''): { path: string; value: Json }[] {
  if (typeof value === 'number') return [{ path, value: value + 1 }];
  if (typeof value === 'boolean') return [{ path, value: !value }];
  if (value === null) return [{ path, value: 'x' }];
  if (typeof value === 'string') {
    const [first = '', last = ''] = [value.slice(0, -1), value.slice(-1)];
    return [{ path, value: `${first}${last === '0' ? '1' : '0'}` }];
  }
  const isList = Array.isArray(value);
  const entries = Object.entries(value as Record<string, Json>);
  const rebuilt = (fields: readonly (readonly [string, Json])[]): Json =>
    isList ? fields.map(([, one]) => one) : Object.fromEntries(fields);
  const inside = entries.flatMap(([name, one]) =>
    changesOf(one, `${path}.${name}`).map((change) => ({
      path: change.path,
      value: rebuilt(entries.map(([key, old]) => [key, key === name ? change.value : old] as const)),
    })),
  );
  const dropped = entries.map(([name]) => ({
    path: `${path}.${name} (gone)`,
    value: rebuilt(entries.filter(([key]) => key !== name)),
  }));
  return [...inside, ...dropped, { path: `${path}.zz (new)`, value: rebuilt([...entries, ['zz', 1]]) }];
}

/** Lines dropped, doubled, exchanged and cut off: as they are, and with the chain made anew. */
export function movedLines(lines: readonly string[]): Tampering[] {
  const moved = lines.flatMap((line, at) => [
    { what: `line ${at + 1} gone`, lines: lines.toSpliced(at, 1) },
    { what: `line ${at + 1} twice`, lines: lines.toSpliced(at, 0, line) },
    { what: `lines ${at + 1} and ${at + 2} exchanged`, lines: exchanged(lines, at) },
    { what: `cut off before line ${at + 1}`, lines: lines.slice(0, at) },
  ]);
  const anew = moved.map(({ what, lines: changed }) => ({
    what: `${what}, chain made anew`,
    lines: resealed(changed),
  }));
  // Whether there were more checkpoints before the last nobody has signed; one twice says nothing new.
  const events = (some: readonly string[]): string => some.filter(isEvent).join();
  const same = (changed: readonly string[]): boolean =>
    events(changed) === events(lines) && changed.at(-2) === lines.at(-2);
  return [...moved, ...anew.filter(({ lines: changed }) => !same(changed))].filter(
    ({ lines: changed }) => changed.join() !== lines.join(),
  );
}

function exchanged(lines: readonly string[], at: number): string[] {
  const [one, other] = [lines[at], lines[at + 1]];
  return one === undefined || other === undefined ? [...lines] : lines.with(at, other).with(at + 1, one);
}

/** What a forger may do to signatures, and to the frame around the events. */
export function forgeries(lines: readonly string[], foreign: readonly string[]): Tampering[] {
  const first = lines.findIndex(isCheckpoint);
  const end = lines.length - 1;
  const note = (change: (note: string) => string): string[] =>
    lines.with(
      first,
      canonicalJson({
        checkpoint: change((JSON.parse(lines[first] ?? '') as { checkpoint: string }).checkpoint),
      }),
    );
  const lie = (change: (text: string) => string): string[] =>
    note((old) => {
      const text = change(old.slice(0, old.lastIndexOf('\n\n') + 1));
      return formatNote({ text, signatures: [signNote(text, key)] });
    });
  const header = (change: object): string[] => {
    const { header: old } = JSON.parse(lines[0] ?? '') as { header: object };
    return lines.with(0, canonicalJson({ header: { ...old, ...change } }));
  };
  const middle = Math.floor(lines.length / 2);
  const others = foreign.filter(isEvent);
  const eventAt = lines.findIndex(isEvent);
  return [
    { what: 'signed anew with another key', lines: resigned(lines, otherKey) },
    {
      what: 'a forged chain, signed with another key',
      lines: resigned(resealed(withoutOne(lines)), otherKey),
    },
    { what: 'a forged chain with the old checkpoints', lines: resealed(withoutOne(lines)) },
    {
      what: 'a forged chain without checkpoints',
      lines: resealed(withoutOne(lines).filter((one) => !isCheckpoint(one))),
    },
    { what: 'no checkpoints', lines: resealed(lines.filter((one) => !isCheckpoint(one))) },
    {
      what: 'the last checkpoint gone',
      lines: resealed(lines.toSpliced(lines.findLastIndex(isCheckpoint), 1)),
    },
    {
      what: 'a signed lie about the tree',
      lines: lie((text) => text.replace(ROOT, `\n${'A'.repeat(43)}=\n`)),
    },
    {
      what: 'a signed lie about the chain',
      lines: lie((text) => text.replace(/chain .{64}/, `chain ${sha256('x')}`)),
    },
    {
      what: 'a signed lie about totals',
      lines: lie((text) => text.replace(/(total \S+ \S+ )(\d+)/, '$11$2')),
    },
    {
      what: 'a signed lie about what is owed',
      lines: lie((text) => text.replace(/(liabilities \S+ )(\d+)/, '$11$2')),
    },
    {
      what: 'a signed lie about how many accounts it is owed to',
      lines: lie((text) => text.replace(/(liabilities .* )(\d+)\n/, '$11$2\n')),
    },
    { what: 'a total that is left out', lines: lie((text) => text.replace(/total .*\n/, '')) },
    { what: 'a signed lie about the size', lines: lie((text) => text.replace(/\n\d+\n/, '\n5\n')) },
    { what: 'a signed head of another ledger', lines: lie((text) => text.replace('it-eur', 'br-brl')) },
    { what: 'a signed text that is no checkpoint', lines: lie((text) => text.replace('time ', 'tme ')) },
    {
      what: 'another root',
      lines: note((text) => text.replace(ROOT, `\n${'A'.repeat(43)}=\n`)),
    },
    {
      what: 'another chain hash',
      lines: note((text) => text.replace(/chain .{64}/, `chain ${sha256('x')}`)),
    },
    { what: 'another total', lines: note((text) => text.replace(/(total \S+ \S+ )(\d+)/, '$11$2')) },
    { what: 'another sum that is owed', lines: note((text) => text.replace(/(liabilities \S+ )/, '$11')) },
    {
      what: 'another root of what is owed',
      lines: note((text) => text.replace(/liabilities ./, 'liabilities B')),
    },
    { what: 'another origin', lines: note((text) => text.replaceAll('it-eur', 'br-brl')) },
    {
      what: 'a flipped signature',
      lines: note((text) => text.replace(/(.{8})==\n$|(.{8})=?\n$/, 'AAAAAAAA=\n')),
    },
    { what: 'no signature', lines: note((text) => text.slice(0, text.indexOf('\n\n') + 1)) },
    { what: 'a note that is none', lines: note(() => 'signed, sealed, delivered') },
    { what: 'a checkpoint that is no note', lines: lines.with(first, '{"checkpoint":5}') },
    {
      what: 'a head of another ledger',
      lines: header({ ledger: 'br-brl', origin: 'florin.example/ledger/br-brl' }),
    },
    { what: 'another currency', lines: header({ currency: 'BRL' }) },
    { what: 'another origin in the header', lines: header({ origin: 'elsewhere.example/ledger/it-eur' }) },
    { what: 'a range that goes on', lines: header({ to: 1_000 }) },
    { what: 'an unknown format', lines: header({ format: 'florin-ledger-export/2' }) },
    { what: 'one field too many in the header', lines: header({ more: 1 }) },
    {
      what: 'a part that is none',
      lines: header({ from: 1, before: { hash: sha256('x'), roots: [sha256('y')] } }),
    },
    { what: 'the events of another ledger', lines: [lines[0] ?? '', ...others, lines[end] ?? ''] },
    { what: 'an event of another ledger', lines: lines.with(middle, others[middle] ?? '') },
    { what: 'the rest of another ledger', lines: [...lines.slice(0, middle), ...foreign.slice(middle)] },
    { what: 'other words at the end', lines: lines.with(end, '{"end":{}}') },
    {
      what: 'another count at the end',
      lines: lines.with(end, (lines[end] ?? '').replace(/"entries":/, '"entries":1')),
    },
    { what: 'something after the end', lines: [...lines, lines[eventAt] ?? ''] },
    { what: 'a space', lines: lines.with(eventAt, (lines[eventAt] ?? '').replace(':', ': ')) },
    {
      what: 'a key twice',
      lines: lines.with(eventAt, (lines[eventAt] ?? '').replace(/"schema":(\d)/, '"schema":$1,"schema":$1')),
    },
    {
      what: 'a fraction',
      lines: lines.with(eventAt, (lines[eventAt] ?? '').replace(/"revision":(\d+)/, '"revision":$1.0')),
    },
    {
      what: 'an exponent',
      lines: lines.with(eventAt, (lines[eventAt] ?? '').replace(/"revision":(\d+)/, '"revision":$1e0')),
    },
    {
      what: 'a number beyond 2^53',
      lines: lines.with(
        eventAt,
        (lines[eventAt] ?? '').replace(/"revision":\d+/, '"revision":9007199254740993'),
      ),
    },
    {
      what: 'half a surrogate pair',
      lines: lines.with(eventAt, (lines[eventAt] ?? '').replace('"LedgerCreated"', '"\\ud800"')),
    },
    { what: 'another kind of line', lines: lines.with(middle, '{"note":"x"}') },
    { what: 'an empty line', lines: lines.toSpliced(middle, 0, '') },
    { what: 'half a line', lines: lines.with(middle, (lines[middle] ?? '').slice(0, 50)) },
    { what: 'brackets without end', lines: lines.with(middle, `{"data":${'['.repeat(100_000)}`) },
    {
      what: 'brackets in brackets',
      lines: lines.with(middle, `{"data":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
    },
    { what: 'a line of two MiB', lines: lines.with(middle, 'x'.repeat(2 * 1024 * 1024)) },
    { what: 'a line of 500 kB', lines: lines.with(middle, 'x'.repeat(500_000)) },
  ];
}

const ROOT = /\n[A-Za-z0-9+/]{43}=\n/;

/** A history that never was: without the last event of its kind, so that it still keeps every rule. */
function withoutOne(lines: readonly string[]): string[] {
  return lines.toSpliced(
    lines.findLastIndex((line) => line.includes('"type":"AccountFrozen"')),
    1,
  );
}
