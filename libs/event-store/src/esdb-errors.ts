import { isCommandError, MaxAppendSizeExceededError, WrongExpectedVersionError } from '@eventstore/db-client';
import {
  AppendTooLarge,
  EventStoreUnavailable,
  WrongExpectedRevision,
  type ExpectedRevision,
} from './event-store.js';

/** gRPC: cancelled, deadline exceeded, resource exhausted, internal (a reset stream), unavailable. */
const connectionCodes = new Set([1, 4, 8, 13, 14]);
const connectionTypes = new Set(['timeout', 'deadline-exceeded', 'unavailable', 'cancelled', 'not-leader']);

/** The client's error as one of ours; what is neither a conflict nor an outage stays as it is. */
export function translated(error: unknown, stream: string, expected: ExpectedRevision = 'any'): unknown {
  if (error instanceof WrongExpectedVersionError) {
    return new WrongExpectedRevision(stream, expected, actualRevision(error.actualVersion));
  }
  if (error instanceof MaxAppendSizeExceededError)
    return new AppendTooLarge(stream, Number(error.maxAppendSize));
  return isOutage(error) ? new EventStoreUnavailable('the event store does not answer', error) : error;
}

/** Whether the client itself opens a new connection after this error. */
export function reconnects(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isCommandError(error)) return ['unavailable', 'cancelled', 'not-leader'].includes(error.type);
  return [1, 14].includes((error as { code?: unknown }).code as number);
}

function actualRevision(actual: unknown): bigint | 'no_stream' {
  return typeof actual === 'bigint' && actual >= 0n ? actual : 'no_stream';
}

function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isCommandError(error) && connectionTypes.has(error.type)) return true;
  const { code } = error as { code?: unknown };
  return (
    connectionCodes.has(code as number) || /channel (has been|is) (shut ?down|closed)/i.test(error.message)
  );
}
