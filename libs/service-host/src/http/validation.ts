import { Body, Param, Query, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { isInputCode, problemOfInput, ProblemError, type InputError } from '../problems.js';
import { escapePointer, maxErrors, shownPointer } from './json-body.js';

export type InputPart = 'body' | 'query' | 'path';

/** The schemas of a handler's inputs, kept for its documentation. */
export interface InputSchema {
  readonly part: InputPart;
  readonly schema: z.ZodType;
}

const inputsKey = 'florin:inputs';

/** Takes the JSON body as `schema` says; unknown keys are refused. */
export const ZodBody = (schema: z.ZodType): ParameterDecorator => input('body', schema, Body);

/** Takes the query string as `schema` (an object) says; unknown parameters are refused. */
export const ZodQuery = (schema: z.ZodObject): ParameterDecorator => input('query', schema, Query);

/** Takes the parameters of the path as `schema` (an object) says. */
export const ZodParams = (schema: z.ZodObject): ParameterDecorator => input('path', schema, Param);

/** What the handler of a route takes. */
export function inputsOf(handler: object): readonly InputSchema[] {
  return (Reflect.getMetadata(inputsKey, handler) as InputSchema[] | undefined) ?? [];
}

function input(
  part: InputPart,
  schema: z.ZodType,
  decorator: (pipe: PipeTransform) => ParameterDecorator,
): ParameterDecorator {
  const strict = strictly(schema);
  return (target, key, index) => {
    if (key === undefined) throw new Error('input decorators belong on the parameters of a handler');
    const handler = (target as Record<string | symbol, object>)[key]!;
    Reflect.defineMetadata(inputsKey, [...inputsOf(handler), { part, schema: strict }], handler);
    decorator({ transform: (value) => parseInput(strict, value, part) })(target, key, index);
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
