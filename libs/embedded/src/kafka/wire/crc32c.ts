/** CRC-32C (Castagnoli), which Node does not offer: eight bytes a step over eight tables. */
const POLYNOMIAL = 0x82f63b78;
const STEP = 8;

const table = new Int32Array(STEP * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  table[byte] = crc;
}
for (let index = 256; index < table.length; index++) {
  const previous = at(index - 256);
  table[index] = (previous >>> 8) ^ at(previous & 0xff);
}

function at(index: number): number {
  return table[index] as number;
}

/** The unsigned CRC-32C of `bytes` from `start` to `end` (exclusive). */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let index = start;
  for (const last = end - STEP; index <= last; index += STEP) {
    crc ^=
      byteAt(bytes, index) |
      (byteAt(bytes, index + 1) << 8) |
      (byteAt(bytes, index + 2) << 16) |
      (byteAt(bytes, index + 3) << 24);
    crc =
      at(1792 + (crc & 0xff)) ^
      at(1536 + ((crc >>> 8) & 0xff)) ^
      at(1280 + ((crc >>> 16) & 0xff)) ^
      at(1024 + (crc >>> 24)) ^
      at(768 + byteAt(bytes, index + 4)) ^
      at(512 + byteAt(bytes, index + 5)) ^
      at(256 + byteAt(bytes, index + 6)) ^
      at(byteAt(bytes, index + 7));
  }
  for (; index < end; index++) crc = (crc >>> 8) ^ at((crc ^ byteAt(bytes, index)) & 0xff);
  return (crc ^ -1) >>> 0;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}
