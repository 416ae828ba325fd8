/** Readiness shows nothing of an error but its code, which has to say the reason to somebody who is not signed in. */
export function notReady(message: string, reason: string): Error {
  return Object.assign(new Error(message), { code: reason });
}

/** Why Kafka cannot be used, in a word without addresses: the code of the network or of the protocol. */
export function reasonOf(error: unknown, depth = 0): string {
  if (error === undefined || depth > 5) return 'not connected';
  const { code, type, cause, name } = error as Hints;
  if (typeof code === 'string') return code;
  if (typeof type === 'string') return type;
  return cause === undefined && typeof name === 'string' ? name : reasonOf(cause, depth + 1);
}

/** As Node's and kafkajs's errors have them. */
interface Hints {
  readonly code?: unknown;
  readonly type?: unknown;
  readonly cause?: unknown;
  readonly name?: unknown;
}
