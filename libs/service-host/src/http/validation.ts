import { Body, Param, Query, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import {
  commonProblems,
  isInputCode,
  problemOfInput,
  ProblemError,
  type InputError,
  type ProblemDefinition,
} from '../problems.js';
import { escapePointer, maxErrors, shownPointer } from './input-errors.js';

export const inputParts = ['body', 'query', 'path', 'header'] as const;
export type InputPart = (typeof inputParts)[number];

/** The schemas of a handler's inputs, kept for its documentation. */
export interface InputSchema {
  readonly part: InputPart;
  readonly schema: z.ZodType;
  /** How it is refused. */
  readonly problems: readonly ProblemDefinition[];
}

const inputsKey = 'florin:inputs';

/** Takes the JSON body as `schema` says; unknown keys are refused. */
export const ZodBody = (schema: z.ZodType): ParameterDecorator => strictInput('body', schema, Body);

/** Takes the query string as `schema` (an object) says; unknown parameters are refused. */
export const ZodQuery = (schema: z.ZodObject): ParameterDecorator => strictInput('query', schema, Query);

/** Takes the parameters of the path as `schema` (an object) says. */
export const ZodParams = (schema: z.ZodObject): ParameterDecorator => strictInput('path', schema, Param);

/** What the handler of a route takes. */
export function inputsOf(handler: object): readonly InputSchema[] {
  return (Reflect.getMetadata(inputsKey, handler) as InputSchema[] | undefined) ?? [];
}

function strictInput(
  part: InputPart,
  schema: z.ZodType,
  decorator: InputRules['decorator'],
): ParameterDecorator {
  const strict = strictly(schema);
  return input({ part, schema: strict, read: (value) => parseInput(strict, value, part), decorator });
}

interface InputRules {
  readonly part: InputPart;
  /** What is documented. */
  readonly schema: z.ZodType;
  /** Makes of the part what the handler gets, or throws a problem. */
  readonly read: (value: unknown) => unknown;
  /** Nest's decorator that hands the part over. */
  readonly decorator: (pipe: PipeTransform) => ParameterDecorator;
  /** How it is refused; `invalid-request` unless told. */
  readonly problems?: readonly ProblemDefinition[];
}

/** A parameter of a handler that is read from one part of the request and documented as it is read. */
export function input(rules: InputRules): ParameterDecorator {
  const { part, schema, read, decorator, problems = [commonProblems['invalid-request']] } = rules;
  return (target, key, index) => {
    if (key === undefined) throw new Error('input decorators belong on the parameters of a handler');
    const handler = (target as Record<string | symbol, object>)[key]!;
    Reflect.defineMetadata(inputsKey, [...inputsOf(handler), { part, schema, problems }], handler);
    decorator({ transform: read })(target, key, index);
  };
}

function strictly(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
}

/**
 * Parses one part of a request, or throws a problem with a pointer and a sentence for every mistake: `invalid-request`,
 * or the problem that they all share, such as `amount-zero`.
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, part: InputPart): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const all = result.error.issues.flatMap((issue) => describe(issue, value));
  const errors = all.slice(0, maxErrors);
  const count = all.length === 1 ? 'One value' : `${all.length} values`;
  throw new ProblemError(
    problemOfInput(all),
    value === undefined && part === 'body'
      ? 'The request needs a JSON body.'
      : `${count} in the ${part} cannot be used: ${errors[0]!.pointer || part} ${errors[0]!.detail}.`,
    { in: part, errors },
  );
}

function describe(issue: z.core.$ZodIssue, value: unknown): InputError[] {
  const pointer = issue.path.map((key) => `/${escapePointer(String(key))}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: shownPointer(`${pointer}/${escapePointer(key)}`),
      detail: 'is not known here',
    }));
  }
  const missing = issue.path.length > 0 && valueAt(value, issue.path) === undefined;
  const code: unknown = issue.code === 'custom' ? issue.params?.['problem'] : undefined;
  return [
    {
      pointer: shownPointer(pointer),
      detail: missing ? 'is missing' : issue.message,
      ...(isInputCode(code) && { code }),
    },
  ];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}
