import { type EngineName, engineNames, type ServiceName, serviceNames } from '@florin/local-stack';
import { Deck, Random } from './random.js';

export type Victim = ServiceName | EngineName;

/** One blow, and how long after the one before it has been got over. Times in milliseconds. */
export type Blow = {
  /** From 1. */
  readonly number: number;
  readonly afterMs: number;
} & (
  | { readonly how: 'kill'; readonly victims: readonly [Victim] }
  | { readonly how: 'kill-pair'; readonly victims: readonly [Victim, Victim]; readonly gapMs: number }
  | { readonly how: 'freeze'; readonly victims: readonly [Victim]; readonly frozenMs: number }
);

export const victims: readonly Victim[] = [...serviceNames, ...engineNames];

/** Consumers of Kafka that are silent for so long are taken for dead, and their partitions given to others. */
export const sessionTimeoutMs = 30_000;

const hows = [
  ...new Array<Blow['how']>(8).fill('kill'),
  ...new Array<Blow['how']>(3).fill('kill-pair'),
  'freeze',
] as const;

/**
 * The seed decides who is hit, when, how and in which order. Of twelve blows eight kill one process, three kill two and one
 * stops one for longer than a session; each process gets its turn before any has a second one.
 */
export function makePlan(seed: number, kills: number): Blow[] {
  const random = new Random(seed);
  const how = new Deck(random, hows);
  const alone = new Deck(random, victims);
  const frozen = new Deck(random, victims);
  const pairs = new Deck(random, pairsOf(victims));
  return Array.from({ length: kills }, (_, index): Blow => {
    const about = { number: index + 1, afterMs: 200 + random.below(1_800) };
    const kind = how.deal();
    if (kind === 'kill') return { ...about, how: kind, victims: [alone.deal()] };
    if (kind === 'freeze') {
      const frozenMs = sessionTimeoutMs + 1_000 + random.below(3_000);
      return { ...about, how: kind, victims: [frozen.deal()], frozenMs };
    }
    const [one, other] = pairs.deal();
    const order = random.below(2) === 0 ? ([one, other] as const) : ([other, one] as const);
    // The first is started again after a second: the other may die before, meanwhile or after.
    return { ...about, how: kind, victims: order, gapMs: random.below(3) === 0 ? 0 : random.below(2_500) };
  });
}

function pairsOf(names: readonly Victim[]): [Victim, Victim][] {
  return names.flatMap((one, index) => names.slice(index + 1).map((other): [Victim, Victim] => [one, other]));
}

/** What a blow does, for a person. */
export function described(blow: Blow): string {
  const after = `after ${blow.afterMs} ms`;
  switch (blow.how) {
    case 'kill':
      return `${after} kill -9 ${blow.victims[0]}`;
    case 'kill-pair': {
      const [one, other] = blow.victims;
      return `${after} kill -9 ${one}${blow.gapMs === 0 ? ' and' : `, ${blow.gapMs} ms later`} ${other}`;
    }
    case 'freeze':
      return `${after} SIGSTOP ${blow.victims[0]}, SIGCONT ${blow.frozenMs} ms later`;
  }
}
