import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { commonProblems, ProblemError } from '../problems.js';
import { input, parseInput } from './validation.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const RequestHeaders = createParamDecorator(
  (_: unknown, context): Headers => context.switchToHttp().getRequest<FastifyRequest>().headers,
);

/** Takes the request headers that `schema` (an object) names, in any case; an empty one counts as missing. */
export const ZodHeaders = (schema: z.ZodObject): ParameterDecorator =>
  input({
    part: 'header',
    schema,
    read: (headers) => parseInput(schema, namedIn(schema, headers as Headers), 'header'),
    decorator: RequestHeaders,
  });

// In quotes or bare, as draft-ietf-httpapi-idempotency-key-header has it and as most clients send it.
const idempotencyKeyForm =
  /^(?:"(?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,128}"|[\x21\x23-\x7e][\x21-\x7e]{0,127})$/;
const idempotencyKeyHeader = z.object({
  'Idempotency-Key': z.string().regex(idempotencyKeyForm).meta({
    description:
      'A value of your own for this request, such as a UUID, and the same one when you repeat it: what was asked is done once.',
  }),
});

/** The key of the Idempotency-Key header; without one the request is refused. */
export const IdempotencyKey = (): ParameterDecorator =>
  input({
    part: 'header',
    schema: idempotencyKeyHeader,
    read: (headers) => idempotencyKey(headers as Headers),
    decorator: RequestHeaders,
    problems: [commonProblems['idempotency-key-missing'], commonProblems['idempotency-key-invalid']],
  });

/** How many seconds the caller would wait for the outcome, by `Prefer: wait=N` (RFC 7240): a number from 0 to `max`. */
export const PreferWait = (seconds: { max: number; otherwise: number }): ParameterDecorator =>
  input({
    part: 'header',
    schema: preferHeader(seconds),
    read: (headers) => preferWaitSeconds(headers as Headers, seconds.max) ?? seconds.otherwise,
    decorator: RequestHeaders,
    // What is not understood is no preference.
    problems: [],
  });

function preferHeader({ max, otherwise }: { max: number; otherwise: number }): z.ZodObject {
  const description = `\`wait=N\`: answer after N seconds at the latest, ${max} at most; ${otherwise} unless told`;
  return z.object({
    Prefer: z
      .string()
      .optional()
      .meta({ description, example: `wait=${otherwise}` }),
  });
}

/** The key that the headers give. Throws 400 `idempotency-key-missing` or `idempotency-key-invalid`. */
export function idempotencyKey(headers: Headers): string {
  const given = namedIn(idempotencyKeyHeader, headers);
  if (given['Idempotency-Key'] === undefined) {
    throw new ProblemError(
      commonProblems['idempotency-key-missing'],
      'Send an Idempotency-Key header with a value of your own for this request, such as a UUID, and the same one when you repeat it.',
    );
  }
  const { success, data } = idempotencyKeyHeader.safeParse(given);
  if (!success) {
    throw new ProblemError(
      commonProblems['idempotency-key-invalid'],
      'The Idempotency-Key header must hold 1 to 128 visible ASCII characters, in double quotes or bare.',
    );
  }
  const key = data['Idempotency-Key'];
  return key.startsWith('"') ? key.slice(1, -1).replace(/\\(["\\])/g, '$1') : key;
}

/** Seconds of `Prefer: wait=N` (RFC 7240), at most `max`; `undefined` where it is absent or not understood. */
export function preferWaitSeconds(headers: Headers, max: number): number | undefined {
  const header = headers['prefer'];
  if (header === undefined) return undefined;
  const text = Array.isArray(header) ? header.join(',') : header;
  const seconds = /(?:^|,)\s*wait\s*=\s*(?:"(\d+)"|(\d+))\s*(?:[;,]|$)/i.exec(text);
  return seconds === null ? undefined : Math.min(Number(seconds[1] ?? seconds[2]), max);
}

/** The headers that a schema names, as it writes them. */
function namedIn(schema: z.ZodObject, headers: Headers): Record<string, string> {
  const named: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = headers[name.toLowerCase()];
    if (value === undefined || value === '') continue;
    named[name] = (Array.isArray(value) ? value.join(', ') : value).trim();
  }
  return named;
}
