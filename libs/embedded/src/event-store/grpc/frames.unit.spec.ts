import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { message } from '../protobuf/tables.js';
import { encodeFrame, FrameReader, frameContent, ReceiveBudget } from './frames.js';

const text = message({ text: [1, 'bytes'] });
const frameOf = (bytes: Uint8Array) => encodeFrame(text, { text: bytes });

function readAll(reader: FrameReader): Buffer[] {
  const messages: Buffer[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) messages.push(next);
  return messages;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function memoryUsed(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('the frame reader', () => {
  it('gives the same messages however the bytes are cut', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 50 }).map(frameOf), { maxLength: 6 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 20 })), (whole, cuts) => {
        const budget = new ReceiveBudget(1_000);
        const reader = new FrameReader(budget, 100);
        const messages: Buffer[] = [];
        let rest = Buffer.concat(whole);
        for (const cut of cuts) {
          reader.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
          messages.push(...readAll(reader).map((view) => Buffer.from(view)));
        }
        reader.push(rest);
        messages.push(...readAll(reader));
        expect(messages).toEqual(whole.map(frameContent));
        expect(reader.isInside).toBe(false);
      }),
    );
  });

  it('gives messages that came byte by byte', () => {
    const reader = new FrameReader(new ReceiveBudget(10_000), 4_000);
    const contents = [700, 1, 3_000, 256].map((length, index) => Buffer.alloc(length, index + 1));
    const messages: Buffer[] = [];
    for (const byte of Buffer.concat(contents.map(frameOf))) {
      reader.push(Buffer.from([byte]));
      messages.push(...readAll(reader));
    }
    expect(messages).toEqual(contents.map(frameOf).map(frameContent));
    expect(reader.isInside).toBe(false);
  });

  it('keeps little more than the bytes of a message that comes byte by byte', () => {
    const reader = new FrameReader(new ReceiveBudget(1_000_000), 1_000_000);
    reader.push(Buffer.from([0, 0, 0x0f, 0, 0]));
    const before = memoryUsed();
    for (let count = 0; count < 300_000; count++) {
      reader.push(Buffer.from([1]));
      reader.next();
    }
    expect(memoryUsed() - before).toBeLessThan(10_000_000);
    expect(reader.isInside).toBe(true);
  });

  it('refuses a message over the limit by its length alone, and a compressed one', () => {
    const reader = new FrameReader(new ReceiveBudget(1_000), 10);
    reader.push(Buffer.from([0, 0, 0, 0, 11]));
    expect(() => reader.next()).toThrow('over the limit of 10');
    const compressed = new FrameReader(new ReceiveBudget(1_000), 10);
    compressed.push(Buffer.from([1, 0, 0, 0, 1, 0]));
    expect(() => compressed.next()).toThrow('Compressed');
  });

  it('takes from a budget that all calls share, and gives back', () => {
    const budget = new ReceiveBudget(20);
    const [first, second] = [new FrameReader(budget, 100), new FrameReader(budget, 100)];
    first.push(Buffer.alloc(15, 1));
    expect(() => second.push(Buffer.alloc(6))).toThrow('20 bytes');
    first.clear();
    second.push(frameOf(Buffer.alloc(4)));
    expect(second.next()).toBeDefined();
    first.push(Buffer.alloc(20));
  });
});
