import { ENTRY_ID_WINDOW_MS, entryIdTimeMs, packIds, RecentEntryIds } from './entry-id.js';
import { entryIdAt, NOW } from './given.spec.js';

describe('entryIdTimeMs', () => {
  it('reads the time of the example of RFC 9562', () => {
    expect(entryIdTimeMs('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toBe(Date.UTC(2022, 1, 22, 19, 22, 22));
  });
});

describe('RecentEntryIds', () => {
  it('remembers every id of the window and forgets what lies well before it', () => {
    const ids = new RecentEntryIds();
    const hour = 3_600_000;
    for (let n = 0; n < 400; n += 1) {
      ids.add(entryIdAt(NOW + n * hour));
      ids.forgetBefore(NOW + n * hour);
    }
    const last = NOW + 399 * hour;
    for (let timeMs = last; timeMs >= last - ENTRY_ID_WINDOW_MS; timeMs -= hour) {
      expect(ids.has(entryIdAt(timeMs))).toBe(true);
    }
    expect(ids.has(entryIdAt(last - ENTRY_ID_WINDOW_MS - hour))).toBe(false);
    expect(ids.size).toBe(ENTRY_ID_WINDOW_MS / hour + 1);
  });
});

describe('the form of an entry id', () => {
  const id = entryIdAt(NOW, 7);

  it.each([
    '',
    `x${id}`,
    `${id}x`,
    id.toUpperCase(),
    id.replace('-7000', '-4000'),
    id.replace('-8000', '-c000'),
  ])('is not "%s"', (other) => {
    expect(entryIdTimeMs(other)).toBeUndefined();
    expect(new RecentEntryIds().has(other)).toBe(false);
  });

  it('is the same after another was read', () => {
    expect([id, 'x', id].map(entryIdTimeMs)).toStrictEqual([NOW, undefined, NOW]);
  });
});

describe('many ids', () => {
  /** Ids whose last bits, by which they are placed, collide as often as not; four of five share their first 64 bits. */
  const many = Array.from({ length: 3_000 }, (_, n) => entryIdAt(NOW + (n % 5) * 400_000, (n % 1_500) * 8));
  const distinct = [...new Set(many)].sort();
  const filled = (): RecentEntryIds => {
    const ids = new RecentEntryIds();
    for (const id of many) ids.add(id);
    return ids;
  };

  it('are each known once, and no other is', () => {
    const ids = filled();
    expect(ids.size).toBe(distinct.length);
    expect(distinct.every((id) => ids.has(id))).toBe(true);
    const others = distinct.flatMap((id) => [
      `${id.slice(0, -1)}1`,
      `${id.slice(0, 24)}9${id.slice(25)}`,
      id.replace('-8000-', '-9000-'),
      id.replace('-7000-', '-7001-'),
    ]);
    expect(others.filter((id) => ids.has(id))).toStrictEqual([]);
  });

  it('are told apart by each of their parts, where all others are the same and so is their place', () => {
    const start = Math.ceil(NOW / 600_000) * 600_000;
    const [id, laterBy1, laterBy65536] = [0, 1, 65_536].map((ms) => entryIdAt(start + ms, 7)) as [
      string,
      string,
      string,
    ];
    const alike = [laterBy1, laterBy65536, id.replace('-8000-', '-8001-'), entryIdAt(start, 8)];
    for (const known of alike) {
      const ids = new RecentEntryIds();
      ids.add(known);
      expect(ids.has(id)).toBe(false);
      ids.add(id);
      expect([ids.size, ids.has(known), ids.has(id)]).toStrictEqual([2, true, true]);
    }
  });

  it('are packed in ascending order, and read back from it', () => {
    const packed = filled().packed();
    expect(packed).toStrictEqual(packIds(distinct));
    expect([...packed]).toStrictEqual(distinct.flatMap(wordsOf));
    const back = new RecentEntryIds();
    back.addPacked(packed);
    expect(back.size).toBe(distinct.length);
    expect(back.packed()).toStrictEqual(packed);
  });

  it('are packed to the last bit', () => {
    const ids = new RecentEntryIds();
    ids.add('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
    expect([...ids.packed()]).toStrictEqual([0x017f22e2, 0x79b07cc3, 0x98c4dc0c, 0x0c07398f]);
  });

  it('are packed by their time, whatever the order in which they came', () => {
    const ids = new RecentEntryIds();
    const [early, late] = [entryIdAt(NOW, 1), entryIdAt(NOW + 86_400_000, 1)];
    for (const id of [late, early]) ids.add(id);
    expect(ids.packed()).toStrictEqual(packIds([early, late]));
  });

  it('are forgotten as soon as the last of their slice of ten minutes lies before the window, and no sooner', () => {
    const slice = Math.ceil(NOW / 600_000) * 600_000;
    const ids = new RecentEntryIds();
    ids.add(entryIdAt(slice));
    ids.forgetBefore(slice + ENTRY_ID_WINDOW_MS + 599_999);
    expect(ids.size).toBe(1);
    ids.forgetBefore(slice + ENTRY_ID_WINDOW_MS + 600_000);
    expect(ids.size).toBe(0);
  });

  it('are UUIDs of version 7, and nothing else is taken for one', () => {
    const ids = new RecentEntryIds();
    for (const id of [
      'x',
      '',
      '01A1FDFA-4610-7000-8000-0000000E0001',
      '7c1c3a5e-0f0b-4b7c-9d57-6d1c1f2e3a4b',
    ]) {
      expect(() => ids.add(id)).toThrow(RangeError);
    }
    expect(ids.size).toBe(0);
  });
});

/** The four words of an id, as its digits say. */
function wordsOf(id: string): number[] {
  return (id.replaceAll('-', '').match(/.{8}/g) ?? []).map((digits) => Number.parseInt(digits, 16));
}
