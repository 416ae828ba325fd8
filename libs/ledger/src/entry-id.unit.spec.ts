import { ENTRY_ID_WINDOW_MS, entryIdTimeMs, RecentEntryIds } from './entry-id.js';
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
