import type { Broker } from '../broker.js';
import { errors, type ErrorCode } from '../wire/errors.js';

export const notStored = 'the broker could not write it to its disk';

/** Makes a change that is kept on disk. A disk that does not take it is the answer's error, and no reason to cut the client off. */
export function storing(broker: Broker, what: string, change: () => void): ErrorCode {
  try {
    change();
    return errors.NONE;
  } catch (error) {
    broker.notice(`${what} could not be stored: ${(error as Error).message}`);
    return errors.STORAGE_ERROR;
  }
}
