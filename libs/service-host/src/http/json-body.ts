import type { FastifyInstance } from 'fastify';
import { isUtf8 } from 'node:buffer';
import {
  commonProblems,
  problemOfInput,
  ProblemError,
  type InputCode,
  type InputError,
} from '../problems.js';
import { escapePointer, maxErrors, shownPointer } from './input-errors.js';
import { faultOf, type TextFault } from './json-text.js';

/** Bytes of a request body at most. */
export const bodyLimit = 64 * 1024;

/** Stands for a value that would not stay what was sent, until we know where it is. */
class Refused {
  constructor(
    readonly detail: string,
    readonly code?: InputCode,
  ) {}
}

/**
 * Parses JSON without changing a number, a text or a prototype on the way: a whole number must be written plainly and
 * lie in the safe range (`9007199254740993`, `1e30` and `12.0` are refused; `12.5` is left to the schema, which sees it
 * as it is), a text must be Unicode without NUL, an object has each key once, and the keys `__proto__` and
 * `constructor.prototype` are refused. Throws a 400 problem.
 */
export function parseJson(text: string): unknown {
  let refused = false;
  const visit = (key: string, value: unknown, context: { source?: string }): unknown => {
    if (
      key === '__proto__' ||
      (key === 'constructor' && value !== null && Object.hasOwn(value as object, 'prototype'))
    ) {
      throw malformed(`The key "${key}" is not allowed.`);
    }
    const refusal = refusalOf(value, context.source ?? '');
    if (refusal === undefined) return value;
    refused = true;
    return refusal;
  };
  const fault = faultOf(text);
  if (fault !== undefined) throw refusalOfText(fault);
  if (isPlain(text)) return parse(text);
  const value = parse(text, visit);
  if (!refused) return value;
  const errors = refusals(value, '');
  throw new ProblemError(problemOfInput(errors), 'A value in the body cannot be taken exactly.', { errors });
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

const oddNumber = /(?:^|[:[,\s])-?(?:\d{16}|\d+[.eE])/;

/** Whether nothing in a text can need a second look, as in most: it then costs a third. What is inside of texts may mislead it. */
function isPlain(text: string): boolean {
  return (
    !text.includes('\\') &&
    !text.includes('__proto__') &&
    !text.includes('constructor') &&
    text.isWellFormed() &&
    !oddNumber.test(text)
  );
}

function parse(text: string, reviver?: Reviver): unknown {
  try {
    // Node passes the source text of a number to the reviver; TypeScript's library does not know it yet.
    return JSON.parse(text, reviver as ((key: string, value: unknown) => unknown) | undefined);
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed('The body is not valid JSON.');
    throw error;
  }
}

/** Why a value cannot be kept as it was sent, if it cannot. */
function refusalOf(value: unknown, source: string): Refused | undefined {
  if (typeof value === 'number' && !isFaithful(value, source)) {
    return new Refused(
      `${shortened(source)} must be a whole number written with digits only, at most 9007199254740991 either way`,
      Math.abs(value) > Number.MAX_SAFE_INTEGER ? 'number-too-large' : undefined,
    );
  }
  // Databases refuse NUL in a text, and half a surrogate pair becomes another character in UTF-8.
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    return new Refused('must be a text of whole Unicode characters without NUL');
  return undefined;
}

function isFaithful(value: number, source: string): boolean {
  if (Number.isInteger(value)) return Number.isSafeInteger(value) && /^-?\d+$/.test(source);
  return Number.isFinite(value);
}

function refusals(value: unknown, pointer: string, found: InputError[] = []): InputError[] {
  if (found.length >= maxErrors) return found;
  if (value instanceof Refused) {
    const { detail, code } = value;
    found.push({ pointer: shownPointer(pointer), detail, ...(code && { code }) });
  } else if (value !== null && typeof value === 'object') {
    for (const key in value) {
      const child = (value as Record<string, unknown>)[key];
      refusals(child, shownPointer(`${pointer}/${escapePointer(key)}`), found);
      if (found.length >= maxErrors) break;
    }
  }
  return found;
}

function refusalOfText(fault: TextFault): ProblemError {
  if (fault.kind === 'too-deep') return malformed('The body is nested too deeply.');
  return new ProblemError(
    commonProblems['duplicate-key'],
    `The key "${shortened(fault.key)}" is twice in one object; send it once.`,
  );
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function malformed(detail: string): ProblemError {
  return new ProblemError(commonProblems['malformed-json'], detail);
}

/** JSON in UTF-8 is the only media type that a service reads; anything else is 415. */
export function readJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer', bodyLimit },
    ({ headers }, body, done) => {
      try {
        done(null, parseJson(utf8(body, headers['content-type'] ?? '')));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

function utf8(body: Buffer, contentType: string): string {
  for (const [, charset = ''] of contentType.matchAll(/;\s*charset\s*=\s*"?([^\s;"]*)/gi)) {
    if (!/^utf-?8$/i.test(charset)) {
      throw new ProblemError(commonProblems['unsupported-media-type'], 'Send the JSON in UTF-8.');
    }
  }
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.');
  return body.toString('utf8');
}
