import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { z } from 'zod';
import type { ProblemDefinition } from '../problems.js';

/** One answer of a route. */
export interface DocumentedAnswer {
  readonly status: number;
  /** Absent where the answer has no body. */
  readonly schema?: z.ZodType;
  readonly description: string;
  readonly mediaType: string;
}

const answersKey = 'florin:answers';
const problemsKey = 'florin:problems';
const summaryKey = 'florin:summary';

/** Documents an answer; stands once for every status. `mediaType` is application/json unless told. */
export function ApiReturns(
  status: number,
  schema: z.ZodType | undefined,
  description: string,
  mediaType = 'application/json',
): MethodDecorator {
  return (_target, _key, descriptor) => {
    const handler = descriptor.value as object;
    const answer = { status, description, mediaType, ...(schema === undefined ? {} : { schema }) };
    Reflect.defineMetadata(answersKey, [answer, ...answersOf(handler)], handler);
  };
}

/** Documents the problems of a route beyond those that every route has. */
export const ApiProblems = (...problems: ProblemDefinition[]): CustomDecorator =>
  SetMetadata(problemsKey, problems);

/** One line on what a route does. */
export const ApiSummary = (text: string): CustomDecorator => SetMetadata(summaryKey, text);

export function answersOf(handler: object): readonly DocumentedAnswer[] {
  return (Reflect.getMetadata(answersKey, handler) as DocumentedAnswer[] | undefined) ?? [];
}

export function problemsOf(handler: object): readonly ProblemDefinition[] {
  return (Reflect.getMetadata(problemsKey, handler) as ProblemDefinition[] | undefined) ?? [];
}

export function summaryOf(handler: object): string | undefined {
  return Reflect.getMetadata(summaryKey, handler) as string | undefined;
}
