import { defineProblems, ProblemError } from '@florin/service-host';

export type Refusal = 'streams-too-many';

const refusals = {
  'streams-too-many': {
    title: 'Too many streams',
    status: 429,
    detail: 'Close a stream that you no longer read; you may have five open at a time.',
  },
} satisfies Record<Refusal, { title: string; status: number; detail: string }>;

/** Every problem of this service by its code, for its documentation. */
export const problems = defineProblems<Refusal>(refusals);

/** The answer to a refused request. */
export function refused(code: Refusal): ProblemError {
  return new ProblemError(problems[code], refusals[code].detail);
}
