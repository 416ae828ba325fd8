import { inputParts } from '../http/validation.js';
import { inputCodes, type ProblemDefinition } from '../problems.js';
import type { Json } from './schemas.js';

export const problemSchema = {
  type: 'object',
  description: 'RFC 9457. `type` says which problem and never changes; `detail` is for people.',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    traceId: { type: 'string', description: 'What to quote when asking for help' },
    in: { type: 'string', enum: inputParts, description: 'The part of the request with the errors' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          pointer: { type: 'string', description: 'JSON pointer' },
          detail: { type: 'string' },
          code: { type: 'string', enum: inputCodes, description: 'The mistake, where it has a name' },
        },
        required: ['pointer', 'detail'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail'],
};

/** The responses of OpenAPI that tell problems: one for a status, with the types that it can have. */
export function problemResponses(problems: Iterable<ProblemDefinition>): Json {
  const byStatus = Map.groupBy(new Set(problems), ({ status }) => String(status));
  return Object.fromEntries([...byStatus].map(([status, each]) => [status, response(each)]));
}

function response(problems: readonly ProblemDefinition[]): Json {
  const { type, title, status } = problems[0]!;
  const headers = headersOf(problems);
  return {
    description: problems.map((problem) => `- \`${codeOf(problem)}\`: ${problem.title}`).join('\n'),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }],
          properties: { type: { enum: problems.map((problem) => problem.type) } },
        },
        example: { type, title, status, detail: `${title}.` },
      },
    },
  };
}

function codeOf({ type }: ProblemDefinition): string {
  return type.split('/').at(-1)!;
}

function headersOf(problems: readonly ProblemDefinition[]): Json {
  const { status } = problems[0]!;
  return {
    ...(problems.some((problem) => codeOf(problem).startsWith('token-')) && {
      'WWW-Authenticate': { description: '`Bearer`', schema: { type: 'string' } },
    }),
    ...((status === 429 || status === 503 || status === 504) && {
      'Retry-After': { description: 'Seconds to wait before the next try', schema: { type: 'integer' } },
    }),
  };
}
