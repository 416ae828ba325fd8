import { Generator, segmentEventsOf } from '../history/generator.js';
import type { History, Step } from '../history/steps.js';
import { Divergence } from './divergence.js';
import { Simulation } from './simulation.js';

/** How a history ended. */
export interface Outcome {
  readonly history: History;
  /** SHA-256 of all that was written to the event store, in order; empty where the model and the product differed. */
  readonly digest: string;
  readonly events: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly divergence: Divergence | undefined;
}

/** Draws the history of a seed and runs it until it has sent `commands`, or the model and the product differ. */
export function runSeed(seed: number, commands: number): Promise<Outcome> {
  const segmentEvents = segmentEventsOf(seed);
  const simulation = new Simulation(segmentEvents);
  const generator = new Generator(seed, simulation);
  return run(simulation, { seed, segmentEvents }, function* () {
    let sent = 0;
    while (sent < commands) {
      const step = generator.next();
      if (step.do === 'send') sent += step.orders.length;
      yield step;
    }
  });
}

/** Runs a history again. */
export function runHistory(history: History): Promise<Outcome> {
  const { seed, segmentEvents, steps } = history;
  return run(new Simulation(segmentEvents), { seed, segmentEvents }, () => steps);
}

async function run(
  simulation: Simulation,
  about: Omit<History, 'steps'>,
  drawn: () => Iterable<Step>,
): Promise<Outcome> {
  const steps: Step[] = [];
  let digest = '';
  let divergence: Divergence | undefined;
  try {
    for (const step of drawn()) {
      steps.push(step);
      await simulation.take(step);
    }
    digest = await simulation.finish();
  } catch (error) {
    divergence =
      error instanceof Divergence ? error : new Divergence('something is thrown', 'nothing', error);
    divergence.step = steps.length - 1;
  }
  const { counts, truth } = simulation;
  return { history: { ...about, steps }, digest, events: truth.facts.length, counts, divergence };
}
