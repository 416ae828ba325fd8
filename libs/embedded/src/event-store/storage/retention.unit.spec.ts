import { DELETED } from './event-index.js';
import { DELETED_METADATA, retentionOf } from './retention.js';

it.each([
  ['{}', 0, Infinity],
  ['{"$tb":5,"$maxCount":3}', 5, 3],
  [DELETED_METADATA.toString(), DELETED, Infinity],
  ['{"$tb":-1,"$maxCount":0}', 0, Infinity],
  ['{"$tb":"5","$maxCount":null}', 0, Infinity],
  ['not JSON', 0, Infinity],
  ['null', 0, Infinity],
])('the metadata %s keep events from %s, at most %s', (metadata, truncateBefore, maxCount) => {
  expect(retentionOf(Buffer.from(metadata))).toEqual({ truncateBefore, maxCount });
});
