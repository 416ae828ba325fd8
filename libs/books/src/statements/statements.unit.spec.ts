import { markets } from '@florin/contracts';
import type { StoredEvent } from '@florin/event-store';
import { generateKey, signNote, formatNote } from '@florin/proofs';
import { createHash } from 'node:crypto';
import { statementEvidence } from './evidence.js';
import { isOver, monthPeriod, spanPeriod } from './period.js';

const key = generateKey('florin.example/ledger/it-eur');
const signed = (size: number): string => {
  const text = `florin.example/ledger/it-eur\n${size}\nAAAA\n`;
  return formatNote({ text, signatures: [signNote(text, key)] });
};

/** An event store that holds checkpoints of these sizes. */
function storeWith(sizes: readonly number[]) {
  const events = sizes.map((size, i) => ({
    revision: BigInt(i),
    type: 'CheckpointSigned',
    data: { note: signed(size), size },
  })) as StoredEvent[];
  return {
    reads: 0,
    async *read(stream: string, { from = 0n, direction }: { from?: bigint; direction?: string } = {}) {
      expect(stream).toBe('checkpoints-it-eur');
      this.reads += 1;
      const [event] = direction === 'backwards' ? events.slice(-1) : events.slice(Number(from));
      if (event !== undefined) yield [event];
    },
  };
}

describe('the evidence of a statement', () => {
  const sizes = [1, 4, 5, 9, 30, 31];
  const at = (lastRevision: bigint, lastEntryId?: string) =>
    statementEvidence(
      { store: storeWith(sizes), ledger: 'it-eur', publicUrl: 'https://florin.example/' },
      { lastRevision, lastEntryId },
    );

  it.each([
    [-1n, 1],
    [0n, 1],
    [1n, 4],
    [3n, 4],
    [4n, 5],
    [8n, 9],
    [9n, 30],
    [30n, 31],
  ])('up to revision %s is the checkpoint of size %i', async (revision, size) => {
    const { checkpoint } = await at(revision);
    expect(checkpoint?.note.split('\n')[1]).toBe(String(size));
  });

  it('leads to the proof of the last line, or to the newest checkpoint', async () => {
    const base = 'https://florin.example/v1/ledgers/it-eur';
    expect((await at(3n, 'abc')).proofUrl).toBe(`${base}/entries/abc/proof`);
    expect((await at(3n)).proofUrl).toBe(`${base}/checkpoints/latest`);
  });

  it('has the fingerprint of what was signed, whoever signs it too', async () => {
    const text = 'florin.example/ledger/it-eur\n4\nAAAA\n';
    expect((await at(3n)).checkpoint?.fingerprint).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('is not there before the first checkpoint that covers it, and asks for few of many', async () => {
    expect(await at(31n)).toEqual({});
    const ground = { lastRevision: 0n, lastEntryId: undefined };
    expect(await statementEvidence({ store: storeWith([]), ledger: 'it-eur' }, ground)).toEqual({});
    const many = storeWith(Array.from({ length: 1_000 }, (_, i) => i));
    const { proofUrl, checkpoint } = await statementEvidence({ store: many, ledger: 'it-eur' }, ground);
    expect([proofUrl, checkpoint?.note.split('\n')[1]]).toEqual([undefined, '1']);
    expect(many.reads).toBeLessThan(13);
  });
});

describe('the period of a statement', () => {
  it('is a month of the market, or the instants that were asked for', () => {
    const october = monthPeriod('2026-10', markets.it);
    expect(october).toEqual({
      label: '2026-10',
      from: Date.parse('2026-10-01T00:00:00+02:00'),
      to: Date.parse('2026-11-01T00:00:00+01:00'),
      timeZone: 'Europe/Rome',
    });
    expect(spanPeriod({ from: 0, to: 1_000 }, markets.br)).toEqual({
      label: '1970-01-01T00:00:00.000Z/1970-01-01T00:00:01.000Z',
      from: 0,
      to: 1_000,
      timeZone: 'America/Sao_Paulo',
    });
    expect([october.to, october.to + 59_999, october.to + 60_000].map((now) => isOver(october, now))).toEqual(
      [false, false, true],
    );
  });
});
