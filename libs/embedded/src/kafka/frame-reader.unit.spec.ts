import { FrameReader } from './frame-reader.js';
import { limits } from './limits.js';

function frame(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

describe('cutting a stream into frames', () => {
  const texts = ['12345678', 'a'.repeat(100_000), 'the last one'];
  const stream = Buffer.concat(texts.map(frame));

  it.each([1, 3, 7, 4_096, 65_536, stream.length])('gives the same frames in pieces of %d bytes', (size) => {
    const reader = new FrameReader();
    const frames: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      frames.push(...reader.push(stream.subarray(at, at + size)).map(String));
    }
    expect(frames).toEqual(texts);
    expect(reader.partialBytes).toBe(0);
  });

  it.each([0, 7, -1, limits.requestBytes + 1])('refuses a length of %d', (length) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    expect(() => new FrameReader().push(Buffer.concat([bytes, Buffer.alloc(4)]))).toThrow('a request of');
    const reader = new FrameReader();
    reader.push(bytes.subarray(0, 2));
    expect(() => reader.push(Buffer.concat([bytes.subarray(2), Buffer.alloc(4)]))).toThrow('a request of');
  });

  it('gives a frame its time to arrive, and no more', () => {
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = texts.map(frame);
    const reader = new FrameReader();
    const { arrivalMs } = limits;
    expect(reader.push(first.subarray(0, 6), 0)).toEqual([]);
    expect(reader.push(first.subarray(6, 7), arrivalMs)).toEqual([]);
    expect(
      reader.push(Buffer.concat([first.subarray(7), second.subarray(0, 9)]), 2 * arrivalMs),
    ).toHaveLength(1);
    reader.push(second.subarray(9, 10), 3 * arrivalMs);
    reader.resume(4 * arrivalMs);
    reader.push(second.subarray(10, 11), 5 * arrivalMs);
    reader.requireProgress(5 * arrivalMs);
    expect(() => reader.requireProgress(5 * arrivalMs + 1)).toThrow('not complete after 60 s');
    expect(() => reader.push(second.subarray(11, 12), 5 * arrivalMs + 1)).toThrow('not complete after 60 s');
  });
});
