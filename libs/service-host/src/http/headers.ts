import { commonProblems, ProblemError } from '../problems.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The key of the Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): a quoted string or the bare
 * characters, 1 to 128 visible ones. Throws 400 `idempotency-key-missing` or `idempotency-key-invalid`.
 */
export function idempotencyKey(headers: Headers): string {
  const header = headers['idempotency-key'];
  if (header === undefined || header === '') {
    throw new ProblemError(
      commonProblems['idempotency-key-missing'],
      'Send an Idempotency-Key header with a value of your own for this request, such as a UUID, and the same one when you repeat it.',
    );
  }
  const text = Array.isArray(header) ? header.join(', ') : header.trim();
  const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/
    .exec(text)?.[1]
    ?.replace(/\\(["\\])/g, '$1');
  const key = quoted ?? (text.startsWith('"') ? '' : text);
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw new ProblemError(
      commonProblems['idempotency-key-invalid'],
      'The Idempotency-Key header must hold 1 to 128 visible ASCII characters, in double quotes or bare.',
    );
  }
  return key;
}

/** Seconds of `Prefer: wait=N` (RFC 7240), at most `max`; `undefined` where it is absent or not understood. */
export function preferWaitSeconds(headers: Headers, max: number): number | undefined {
  const header = headers['prefer'];
  if (header === undefined) return undefined;
  const text = Array.isArray(header) ? header.join(',') : header;
  const seconds = /(?:^|,)\s*wait\s*=\s*(?:"(\d+)"|(\d+))\s*(?:[;,]|$)/i.exec(text);
  return seconds === null ? undefined : Math.min(Number(seconds[1] ?? seconds[2]), max);
}
