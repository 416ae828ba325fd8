import { DELETED, DELETED_METADATA, initialRetention, retentionOf, truncatedMetadata } from './retention.js';

it.each([
  ['{}', 0, Infinity, Infinity],
  ['{"$tb":5,"$maxCount":3,"$maxAge":60}', 5, 3, 60_000],
  [DELETED_METADATA.toString(), DELETED, Infinity, Infinity],
  ['{"$tb":-1,"$maxCount":0,"$maxAge":0}', 0, Infinity, Infinity],
  ['{"$tb":"5","$maxCount":null,"$maxAge":"1"}', 0, Infinity, Infinity],
  ['{"$tb":5,"$maxCount":0}', 0, Infinity, Infinity],
  ['{"$tb":5,"$maxCount":1.5}', 0, Infinity, Infinity],
  ['{"$maxCount":3,"$cacheControl":"long"}', 0, Infinity, Infinity],
  ['{"$maxCount":3,"$acl":[]}', 0, Infinity, Infinity],
  ['{"$maxCount":3,"$cacheControl":30,"$acl":{},"own":null}', 0, 3, Infinity],
  ['[]', 0, Infinity, Infinity],
  ['not JSON', 0, Infinity, Infinity],
  ['null', 0, Infinity, Infinity],
])(
  'the metadata %s keep events from %s, at most %s, for %s ms',
  (metadata, truncateBefore, maxCount, maxAgeMs) => {
    expect(retentionOf(Buffer.from(metadata))).toEqual({ truncateBefore, maxCount, maxAgeMs });
  },
);

it('keeps of metadata the last, and all else', () => {
  expect(initialRetention('orders').maxCount).toBe(Infinity);
  expect(initialRetention('$$orders').maxCount).toBe(1);
});

it('says in metadata, beside what they said, what is gone', () => {
  expect(truncatedMetadata(DELETED_METADATA, 3).toString()).toBe('{"$tb":3}');
  expect(truncatedMetadata(Buffer.from('{"$maxCount":2,"own":1}'), 3).toString()).toBe(
    '{"$maxCount":2,"own":1,"$tb":3}',
  );
});
