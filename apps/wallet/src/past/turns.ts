import { ProblemError } from '@florin/service-host';
import { pastProblems } from '../problems.js';

/** Lets so much work run at once, and so much wait for its turn; what comes beyond that gets the problem `past-busy`. */
export function turns({ running, waiting }: { readonly running: number; readonly waiting: number }) {
  const queue: (() => void)[] = [];
  let free = running;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve));
    else throw busy();
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

function busy(): ProblemError {
  return new ProblemError(
    pastProblems['past-busy'],
    'Too many questions about the past are waiting; ask again in a moment.',
    {},
    { 'retry-after': '1' },
  );
}
