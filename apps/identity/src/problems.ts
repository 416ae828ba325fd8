import { commonProblems, defineProblems, ProblemError } from '@florin/service-host';
import type { ProofRefusal } from './sign-in/challenge.js';

export type Refusal =
  | ProofRefusal
  | 'challenge-unknown'
  | 'challenges-too-many'
  | 'code-not-sent'
  | 'person-unknown'
  | 'handle-taken'
  | 'handle-unproved'
  | 'handle-unknown'
  | 'handle-needed'
  | 'handles-too-many'
  | 'payee-unknown'
  | 'client-unknown';

const refusals = {
  'challenge-unknown': {
    title: 'No such challenge',
    status: 404,
    detail: 'Start again with your phone number: this challenge does not exist, or is long over.',
  },
  'challenge-used': {
    title: 'The code was used',
    status: 410,
    detail: 'A code signs in once. Ask for a new one to sign in again.',
  },
  'challenge-expired': {
    title: 'The code has expired',
    status: 410,
    detail: 'A code is valid for five minutes. Ask for a new one.',
  },
  'challenge-exhausted': {
    title: 'Too many wrong codes',
    status: 410,
    detail: 'There were five wrong attempts. Ask for a new code.',
  },
  'code-wrong': {
    title: 'The code is wrong',
    status: 422,
    detail: 'Compare it with the message that came when you asked for the code, and try again.',
  },
  'challenges-too-many': {
    title: 'Too many codes asked for',
    status: 429,
    detail: 'Enter the code that you asked for last, or ask for another in a quarter of an hour.',
  },
  'code-not-sent': {
    title: 'The code could not be sent',
    status: 503,
    detail: 'Messages cannot be sent at the moment. Nothing was changed; try again shortly.',
  },
  'person-unknown': {
    title: 'Not registered',
    status: 404,
    detail: 'Nobody is registered here. Register with a phone number, name and market.',
  },
  'handle-taken': {
    title: 'The handle is taken',
    status: 409,
    detail: 'This handle is linked to an account already. If it is yours, remove it there first.',
  },
  'handle-unproved': {
    title: 'The number is not proved',
    status: 422,
    detail: 'On WhatsApp you can link the phone number that you sign in with, and no other.',
  },
  'handle-unknown': {
    title: 'No such handle',
    status: 404,
    detail: 'None of your handles has this id.',
  },
  'handle-needed': {
    title: 'The phone number stays',
    status: 409,
    detail: 'You sign in with this phone number, so it cannot be removed.',
  },
  'handles-too-many': {
    title: 'Too many handles',
    status: 409,
    detail: 'An account has at most 20 handles. Remove one that you no longer use.',
  },
  'payee-unknown': {
    ...commonProblems['payee-unknown'],
    detail: 'Nobody with this handle is on Florin. Check how it is written, and the channel.',
  },
  'client-unknown': {
    title: 'The service is not known',
    status: 401,
    detail: 'The client id or its secret is wrong.',
  },
} satisfies Record<Refusal, { title: string; status: number; detail: string }>;

/** Every problem of this service by its code, for its documentation. */
export const problems = defineProblems<Refusal | 'market-closed'>({
  ...refusals,
  'market-closed': commonProblems['market-closed'],
});

/** The answer to a refused request. */
export function refused(code: Refusal): ProblemError {
  return new ProblemError(problems[code], refusals[code].detail);
}
