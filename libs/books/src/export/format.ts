import { canonicalJson } from '@florin/ledger';
import { MAX_NOTE_BYTES, type FrontierJson } from '@florin/proofs';

/** The sealed export of a book, as docs/audit-export.md describes it for whoever writes a verifier. */
export const EXPORT_FORMAT = 'florin-ledger-export/1';

/** The longest line: an event store takes 1 MiB at once, and a note is shorter, even with each line feed escaped. */
export const MAX_LINE_BYTES = Math.max(1024 * 1024, 2 * MAX_NOTE_BYTES);

/** The first line. */
export interface ExportHeader {
  readonly format: typeof EXPORT_FORMAT;
  readonly ledger: string;
  readonly currency: string;
  /** Name of the log in its checkpoints; `null` where there are none. */
  readonly origin: string | null;
  /** First and last revision that it holds. */
  readonly from: number;
  readonly to: number;
  /** In a part (`from` above zero) alone: where the chain and the tree stand before its first event. */
  readonly before?: Before;
}

export interface Before {
  /** Hash of the event before the first. */
  readonly hash: string;
  /** Roots in hex of the complete subtrees over all leaves before, the largest first. */
  readonly roots: readonly string[];
}

/** The last line: without it the export was cut off. */
export interface ExportEnd {
  readonly checkpoints: number;
  readonly entries: number;
  readonly events: number;
  /** Hash of the last event. */
  readonly hash: string;
  readonly revision: number;
}

/** Where a line says what it is; an event is its own text, which begins with its data. */
export type LineKind = 'header' | 'event' | 'checkpoint' | 'end';
const beginnings: readonly (readonly [LineKind, string])[] = [
  ['event', '{"data":'],
  ['checkpoint', '{"checkpoint":'],
  ['header', '{"header":'],
  ['end', '{"end":'],
];

/** What a line says to be; `undefined` for none of these. Nothing else of it is checked. */
export function kindOf(line: string): LineKind | undefined {
  return beginnings.find(([, beginning]) => line.startsWith(beginning))?.[0];
}

export function headerLine(header: ExportHeader): string {
  return `${canonicalJson({ header })}\n`;
}

export function checkpointLine(note: string): string {
  return `${canonicalJson({ checkpoint: note })}\n`;
}

export function endLine(end: ExportEnd): string {
  return `${canonicalJson({ end })}\n`;
}

/** The tree before a part, in the form that the frontier of a tree is read from. */
export function frontierBefore({ from, before }: Pick<ExportHeader, 'from' | 'before'>): FrontierJson {
  return { size: from, hashes: before?.roots ?? [] };
}

const HEADER_FIELDS = ['currency', 'format', 'from', 'ledger', 'origin', 'to'];
const END_FIELDS = ['checkpoints', 'entries', 'events', 'hash', 'revision'];
const HASH = /^[0-9a-f]{64}$/;
const LEDGER = /^[a-z]{2}-[a-z]{3}(?:-(?:[2-9]|[1-9][0-9]{1,3}))?$/;
const CURRENCY = /^[A-Z]{3}$/;
const MAX_ROOTS = 53;

/** Reads what stands in the first line, or answers what is wrong with it as a sentence. */
export function readHeader(value: unknown): ExportHeader | string {
  const header = inside(value, 'header');
  if (header === undefined) return 'not an object with nothing but a header';
  if (header['format'] !== EXPORT_FORMAT) {
    return `the format is ${show(header['format'])}, expected "${EXPORT_FORMAT}"`;
  }
  const { from, to, ledger, currency, origin } = header;
  if (!isRevision(from) || !isRevision(to) || to < from) return `no range from ${show(from)} to ${show(to)}`;
  const names = from === 0 ? HEADER_FIELDS : ['before', ...HEADER_FIELDS];
  if (!hasJust(header, names)) return `the header has not just the fields ${names.join(', ')}`;
  if (typeof ledger !== 'string' || !LEDGER.test(ledger)) return `${show(ledger)} is not a ledger`;
  if (typeof currency !== 'string' || !CURRENCY.test(currency)) return `${show(currency)} is not a currency`;
  if (origin !== null && (typeof origin !== 'string' || !origin.endsWith(`/${ledger}`))) {
    return `the origin is ${show(origin)}, expected null or a name that ends in /${ledger}`;
  }
  const range = { format: EXPORT_FORMAT, ledger, currency, origin, from, to } as const;
  if (from === 0) return range;
  const before = readBefore(header['before'], from);
  return typeof before === 'string' ? before : { ...range, before };
}

function readBefore(value: unknown, from: number): Before | string {
  const { hash, roots } = (value ?? {}) as Partial<Record<keyof Before, unknown>>;
  if (!hasJust(value, ['hash', 'roots']) || !isHash(hash)) return 'before has not just a hash and roots';
  if (!Array.isArray(roots) || roots.length > MAX_ROOTS || !roots.every(isHash)) {
    return 'the roots before are not a list of hashes';
  }
  const expected = from.toString(2).replaceAll('0', '').length;
  if (roots.length !== expected) return `${roots.length} roots before, expected ${expected}`;
  return { hash, roots };
}

/** Reads what stands in the last line, or answers what is wrong with it as a sentence. */
export function readEnd(value: unknown): ExportEnd | string {
  const end = inside(value, 'end');
  if (end === undefined || !hasJust(end, END_FIELDS)) {
    return `not an object with nothing but an end of ${END_FIELDS.join(', ')}`;
  }
  const { checkpoints, entries, events, hash, revision } = end;
  if (![checkpoints, entries, events, revision].every(isRevision) || !isHash(hash)) {
    return 'takes whole numbers from zero and a hash';
  }
  return { checkpoints, entries, events, hash, revision } as ExportEnd;
}

/** The note of a checkpoint's line; `undefined` for anything else. */
export function readCheckpoint(value: unknown): string | undefined {
  const note = hasJust(value, ['checkpoint']) ? value['checkpoint'] : undefined;
  return typeof note === 'string' ? note : undefined;
}

function inside(value: unknown, name: string): Record<string, unknown> | undefined {
  const found = hasJust(value, [name]) ? value[name] : undefined;
  return isObject(found) ? found : undefined;
}

function hasJust(value: unknown, names: readonly string[]): value is Record<string, unknown> {
  return isObject(value) && Object.keys(value).sort().join() === names.join();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRevision(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value);
}

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
