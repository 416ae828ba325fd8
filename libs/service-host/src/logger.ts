import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger } from 'pino';
import { LogOutput } from './log-output.js';

export type { Logger } from 'pino';

/** Names whose values never reach a log, at the top of a line or one level down. */
const secretNames = [
  'authorization',
  'cookie',
  'token',
  'accessToken',
  'refreshToken',
  'password',
  'secret',
  'clientSecret',
  'privateKey',
  'pin',
  'oneTimeCode',
  'otp',
  'phone',
  'phoneNumber',
  'handle',
  'email',
  'body',
];

// Whatever the name it came under: tokens (JWS) and phone numbers (E.164) inside any text of a line.
const secretText = /eyJ[\w-]{5,}\.[\w-]+\.[\w-]+|\+\d{7,15}\b/g;

let standardOutput: LogOutput | undefined;

/** Where every logger writes that has no destination of its own. */
function output(): LogOutput {
  return (standardOutput ??= new LogOutput(1));
}

/**
 * Ends the process with its last lines written. Who does not read them within a second, as the reader of a pipe that is
 * full, does not keep it alive: it is then killed, which is no success either.
 */
export async function endProcess(code: number): Promise<never> {
  if (!(await output().written(1_000))) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

/** JSON lines on stdout; `traceId` and `spanId` in each line that is written within a request. */
export function createLogger(
  service: string,
  level: string,
  destination: DestinationStream = output(),
): Logger {
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [...secretNames, 'code', ...secretNames.map((name) => `*.${name}`)],
        censor: '[redacted]',
      },
      serializers: { err: describeError },
      mixin: traceIds,
      hooks: { streamWrite: (line) => line.replace(secretText, '[redacted]') },
    },
    destination,
  );
}

function traceIds(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId };
}

/** Only what is safe to keep: database drivers hang parameters and row values on their errors. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: error.stack,
    ...(cause instanceof Error && depth < 3 ? { cause: describeError(cause, depth + 1) } : {}),
  };
}
