import { limits } from '../limits.js';
import { recordBatch } from '../testing/batch.fixture.spec.js';
import { errors } from '../wire/errors.js';
import { type BatchHeader, batchHeader } from '../wire/record-batch.js';
import { ProducerStates } from './producer-states.js';

function batch(firstSequence: number, count = 1, producerEpoch = 0, producerId = 1): BatchHeader {
  const values = Array.from({ length: count }, () => 'v');
  return batchHeader(recordBatch({ values, firstSequence, producerEpoch, producerId }));
}

function after(...batches: BatchHeader[]): ProducerStates {
  const states = new ProducerStates();
  batches.forEach((header, index) => states.record({ ...header, baseOffset: 100 + index }));
  return states;
}

const refuse = (errorCode: number) => ({ kind: 'refuse', errorCode });

describe('the sequence of an idempotent producer', () => {
  it('goes on where the last batch ended', () => {
    expect(after(batch(0, 3)).judge(batch(3))).toEqual({ kind: 'append' });
  });

  it('may not leave a gap or go back', () => {
    expect(after(batch(0, 3)).judge(batch(4))).toEqual(refuse(errors.OUT_OF_ORDER_SEQUENCE));
    expect(after(batch(0, 3)).judge(batch(1))).toEqual(refuse(errors.OUT_OF_ORDER_SEQUENCE));
  });

  it('answers one of the last five batches with its place', () => {
    const states = after(...[0, 1, 2, 3, 4, 5].map((sequence) => batch(sequence)));
    expect(states.judge(batch(1))).toEqual({ kind: 'duplicate', baseOffset: 101 });
    expect(states.judge(batch(5))).toEqual({ kind: 'duplicate', baseOffset: 105 });
    expect(states.judge(batch(0))).toEqual(refuse(errors.OUT_OF_ORDER_SEQUENCE));
  });

  it('starts again with a new epoch, and an old one is fenced', () => {
    const states = after(batch(7, 1, 1));
    expect(states.judge(batch(0, 1, 2))).toEqual({ kind: 'append' });
    expect(states.judge(batch(8, 1, 2))).toEqual(refuse(errors.OUT_OF_ORDER_SEQUENCE));
    expect(states.judge(batch(8, 1, 0))).toEqual(refuse(errors.INVALID_PRODUCER_EPOCH));
  });

  it('is not looked at without a producer id, nor for an unknown producer', () => {
    expect(after().judge(batch(-1, 1, -1, -1))).toEqual({ kind: 'append' });
    expect(after().judge(batch(17))).toEqual({ kind: 'append' });
  });

  it('survives as a snapshot', () => {
    const snapshot = JSON.parse(JSON.stringify(after(batch(0, 3)).snapshot())) as never[];
    expect(new ProducerStates(snapshot).judge(batch(0, 3))).toEqual({ kind: 'duplicate', baseOffset: 100 });
  });

  it('is forgotten first for who has been idle longest', () => {
    const states = new ProducerStates();
    for (let id = 0; id <= limits.producersPerPartition; id++) states.record(batch(0, 1, 0, id));
    expect(states.snapshot()).toHaveLength(limits.producersPerPartition);
    expect(states.snapshot()[0]?.[0]).toBe(1);
  });
});
