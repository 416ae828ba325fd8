import { commandsIn, formatHistory } from './history/steps.js';
import type { Outcome } from './run/run.js';
import { shrink } from './run/shrink.js';

/** How one seed ended, in a form that goes from thread to thread. */
export interface SeedReport {
  readonly seed: number;
  readonly digest: string;
  readonly commands: number;
  readonly events: number;
  readonly counts: readonly (readonly [what: string, times: number])[];
  readonly divergence?: DivergenceReport;
}

export interface DivergenceReport {
  /** Number of the step, from 0, in the whole history and in the shrunk one. */
  readonly step: number;
  readonly shrunkStep: number;
  /** What differs, by the model and in reality, at the end of the shrunk history. */
  readonly text: string;
  /** The shrunk history, as `--history` reads it. */
  readonly history: string;
}

/** Reports an outcome; a history in which the product and the model differ is shrunk first. */
export async function report(outcome: Outcome): Promise<SeedReport> {
  const { history, digest, events, counts, divergence } = outcome;
  const commands = commandsIn(history.steps);
  const about = { seed: history.seed, digest, commands, events, counts: [...counts] };
  if (divergence === undefined) return about;
  const shrunk = await shrink(outcome);
  // What does not show again is told as it was first seen.
  const { step, text } = shrunk.divergence ?? divergence;
  return {
    ...about,
    divergence: { step: divergence.step, shrunkStep: step, text, history: formatHistory(shrunk.history) },
  };
}
