import { StatusCode, StatusError } from '../grpc/status.js';
import { LogFailed } from '../storage/append-log.js';

/**
 * What the storage answers. Where its disk has failed, which every later append would be told too, the call ends with the reason.
 * @throws StatusError (unavailable)
 */
export async function durably<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof LogFailed)) throw error;
    throw new StatusError(StatusCode.unavailable, error.message);
  }
}
