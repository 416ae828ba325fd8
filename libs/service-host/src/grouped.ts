import { setImmediate } from 'node:timers';

export interface GroupOptions {
  /** Calls of one group at most. */
  readonly atMost?: number;
  /** Groups under way at once; calls that come meanwhile wait for the next. */
  readonly underWay?: number;
}

interface Call<In, Out> {
  readonly input: In;
  readonly resolve: (output: Out) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes one call of many: `run` gets the inputs of all calls that came while others were under way, and answers their
 * outputs in the same order. So a statement per request becomes a statement for many under load, and stays one of its own
 * where there is no load. When a group fails, each of its calls is made by itself, so that none fails for another's sake:
 * `run` must be safe to repeat. Who calls bounds how many wait.
 */
export function grouped<In, Out>(
  run: (inputs: readonly In[]) => Promise<readonly Out[]>,
  { atMost = 100, underWay = 2 }: GroupOptions = {},
): (input: In) => Promise<Out> {
  const waiting: Call<In, Out>[] = [];
  let running = 0;

  const startNext = (): void => {
    if (running === underWay || waiting.length === 0) return;
    running += 1;
    // After all that has arrived in this turn of the event loop.
    setImmediate(() => {
      const group = waiting.splice(0, atMost);
      void settle(run, group).finally(() => {
        running -= 1;
        startNext();
      });
      startNext();
    });
  };
  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      startNext();
    });
}

async function settle<In, Out>(
  run: (inputs: readonly In[]) => Promise<readonly Out[]>,
  group: readonly Call<In, Out>[],
): Promise<void> {
  try {
    const outputs = await run(group.map(({ input }) => input));
    group.forEach(({ resolve }, index) => resolve(outputs[index] as Out));
  } catch (error) {
    if (group.length <= 1) group.forEach(({ reject }) => reject(error));
    else await Promise.all(group.map((call) => settle(run, [call])));
  }
}
