import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { z } from 'zod';
import type { ProblemDefinition } from '../problems.js';

interface AnswerDetails {
  /** `application/json` unless told. */
  readonly mediaType?: string;
  /** What the headers of the answer say, by their names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A body such as the one that is sent. */
  readonly example?: unknown;
}

/** One answer of a route. */
export interface DocumentedAnswer extends AnswerDetails {
  readonly status: number;
  /** Absent where the answer has no body. */
  readonly schema?: z.ZodType;
  readonly description: string;
}

/** What a group of operations is called and about. */
export interface Tag {
  readonly name: string;
  readonly description: string;
}

const answersKey = 'florin:answers';
const problemsKey = 'florin:problems';
const summaryKey = 'florin:summary';
const tagKey = 'florin:tag';

/** Documents an answer; stands once for every status. */
export function ApiReturns(
  status: number,
  schema: z.ZodType | undefined,
  description: string,
  details: AnswerDetails = {},
): MethodDecorator {
  return (_target, _key, descriptor) => {
    const handler = descriptor.value as object;
    const answer = { status, description, ...details, ...(schema === undefined ? {} : { schema }) };
    Reflect.defineMetadata(answersKey, [answer, ...answersOf(handler)], handler);
  };
}

/** Documents the problems of a route, or of all routes of a controller, beyond those that every route has. */
export const ApiProblems = (...problems: ProblemDefinition[]): CustomDecorator =>
  SetMetadata(problemsKey, problems);

/** One line on what a route does. */
export const ApiSummary = (text: string): CustomDecorator => SetMetadata(summaryKey, text);

/** The group that a route, or every route of a controller, is shown in. */
export const ApiTag = (name: string, description: string): CustomDecorator =>
  SetMetadata(tagKey, { name, description } satisfies Tag);

export function answersOf(handler: object): readonly DocumentedAnswer[] {
  return (Reflect.getMetadata(answersKey, handler) as DocumentedAnswer[] | undefined) ?? [];
}

/** The problems that a handler and its controller tell. */
export function problemsOf(handler: object, controller: object): readonly ProblemDefinition[] {
  return [handler, controller].flatMap(
    (target) => (Reflect.getMetadata(problemsKey, target) as ProblemDefinition[] | undefined) ?? [],
  );
}

export function summaryOf(handler: object): string | undefined {
  return Reflect.getMetadata(summaryKey, handler) as string | undefined;
}

export function tagOf(handler: object, controller: object): Tag | undefined {
  return (Reflect.getMetadata(tagKey, handler) ?? Reflect.getMetadata(tagKey, controller)) as Tag | undefined;
}
