import { StatusCode, StatusError } from '../grpc/status.js';
import { requestLimits } from '../limits.js';
import type { ExpectedRevision } from '../storage/expected-revision.js';

/** How the named expectations are numbered in trailers. */
const EXPECTATION_NUMBERS = { noStream: -1, any: -2, streamExists: -4 } as const;

/** A stream that was deleted for ever, or one that is expected to exist and was deleted. */
export function streamDeleted(stream: string): StatusError {
  return new StatusError(StatusCode.failedPrecondition, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': trailerText(stream),
  });
}

/** `lastRevision` is -1 where there is no stream. */
export function wrongExpectedVersion(
  stream: string,
  expected: ExpectedRevision,
  lastRevision: number,
): StatusError {
  const number = typeof expected === 'number' ? expected : EXPECTATION_NUMBERS[expected];
  const message = `Append failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${number}, Actual version: ${lastRevision}`;
  return new StatusError(StatusCode.failedPrecondition, message, {
    exception: 'wrong-expected-version',
    'stream-name': trailerText(stream),
    'expected-version': String(number),
    ...(lastRevision < 0 ? {} : { 'actual-version': String(lastRevision) }),
  });
}

/** The name under which clients know it. */
export const MAX_APPEND_EXCEPTION = 'maximum-append-size-exceeded';

export function appendTooLarge(): StatusError {
  const message = `Maximum Append Size of ${requestLimits.appendBytes} Exceeded.`;
  return new StatusError(StatusCode.invalidArgument, message, {
    exception: MAX_APPEND_EXCEPTION,
    'maximum-append-size': String(requestLimits.appendBytes),
  });
}

/** Trailers carry ASCII only. */
function trailerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text.toWellFormed());
}
