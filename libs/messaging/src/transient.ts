/** Connections that could not be made or broke. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * PostgreSQL's SQLSTATEs that pass by themselves: connection exceptions (08), out of connections, memory or disk (53),
 * a server that stops or starts (57P01 to 57P03), serialisation failures and deadlocks (40001, 40P01), a lock not
 * granted in time (55P03), a transaction aborted for being idle (25P03), a statement
 * cancelled for its time (57014), a disk that does not answer (58).
 */
const sqlStates = /^(08...|53...|57014|57P0[1-3]|58...|40001|40P01|55P03|25P03)$/;

/** Drivers say these without a code. */
const messages =
  /^(Connection terminated|Client has encountered a connection error|timeout (exceeded|expired) when trying to connect|timeout expired|Connection is not established|Query read timeout)/i;

/**
 * Whether an error tells of an outage rather than of the message: the database, Kafka or the network is away and the
 * same call may succeed later. Errors may say so themselves by `transient: true` (or `retriable: true`, as kafkajs
 * does); causes count too.
 */
export function isTransient(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  const { transient, retriable, code, driverError } = error as Error & Hints;
  if (transient === true || retriable === true) return true;
  if (typeof code === 'string' && (networkCodes.has(code) || sqlStates.test(code))) return true;
  if (messages.test(error.message)) return true;
  return [error.cause, driverError].some((inner) => isTransient(inner, depth + 1));
}

interface Hints {
  readonly transient?: unknown;
  readonly retriable?: unknown;
  readonly code?: unknown;
  readonly driverError?: unknown;
}

/** Whether an error says by `permanent: true` that the same message will fail the same way again, however often. */
export function isPermanent(error: unknown): boolean {
  return error instanceof Error && (error as Error & { permanent?: unknown }).permanent === true;
}
