import { type CrashSignal, isEngineName, Restarts, type Stack, startStack } from '@florin/local-stack';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Blow, Victim } from './plan.js';

/** For crowds that all come from one address. */
const noLimits = { RATE_LIMIT_PUBLIC_PER_MINUTE: '1000000', RATE_LIMIT_PER_PERSON_PER_MINUTE: '1000000' };

/** A process that has ended and comes back. */
interface Comeback {
  /** Resolves when it is started, to when that was, in the time of `performance.now()`; rejects when it is given up. */
  readonly begun: PromiseWithResolvers<number>;
  /** Resolves when it is ready; rejects when it is given up. */
  readonly ready: PromiseWithResolvers<void>;
}

/** What to wait for after a blow. */
export interface Recovery {
  /** When the last of the victims was started again, or went on, in the time of `performance.now()`. */
  readonly since: number;
  /** Rejects where one of them does not come back. */
  readonly ready: Promise<unknown>;
}

/** The product as `npm start` runs it: what ends is started again, a second later at first. Nothing is told of a blow before. */
export class SupervisedStack {
  /** Processes that ended and were not hit. */
  readonly unexpectedEnds: string[] = [];
  private readonly comebacks = new Map<Victim, Comeback>();
  private restarts: Restarts<Victim>;
  private blow = 0;

  private constructor(
    readonly stack: Stack,
    private readonly say: (line: string) => void,
    private readonly signal: AbortSignal,
  ) {
    this.restarts = this.newRestarts();
  }

  static async start(
    dataDir: string,
    say: (line: string) => void,
    signal: AbortSignal,
  ): Promise<SupervisedStack> {
    const { promise, resolve } = Promise.withResolvers<SupervisedStack>();
    const stack = await startStack({
      ...{ dataDir, ports: 'free', env: { gateway: noLimits }, signal },
      onUnexpectedEnd: (name, how) => void promise.then((supervised) => supervised.ended(name, how)),
    });
    const supervised = new SupervisedStack(stack, say, signal);
    resolve(supervised);
    return supervised;
  }

  /** Resolves when all that was hit is about to come back. */
  async strike(blow: Blow): Promise<Recovery> {
    this.blow = blow.number;
    // Each blow is a first one: the waits that grow are for what ends by itself, again and again.
    this.restarts = this.newRestarts();
    if (blow.how === 'freeze') return this.freeze(blow.victims[0], blow.frozenMs);
    const [one, other] = blow.victims;
    const comebacks = [this.kill(one)];
    if (blow.how === 'kill-pair') {
      if (blow.gapMs > 0) await sleep(blow.gapMs);
      comebacks.push(this.kill(other as Victim));
    }
    const begun = await Promise.all(comebacks.map(({ begun }) => begun.promise));
    return { since: Math.max(...begun), ready: Promise.all(comebacks.map(({ ready }) => ready.promise)) };
  }

  private kill(victim: Victim): Comeback {
    const comeback: Comeback = { begun: Promise.withResolvers(), ready: Promise.withResolvers() };
    // Whoever strikes awaits it later.
    comeback.begun.promise.catch(() => undefined);
    comeback.ready.promise.catch(() => undefined);
    this.comebacks.set(victim, comeback);
    this.send(victim, 'SIGKILL');
    return comeback;
  }

  private async freeze(victim: Victim, frozenMs: number): Promise<Recovery> {
    this.send(victim, 'SIGSTOP');
    try {
      await sleep(frozenMs, undefined, { signal: this.signal });
    } finally {
      this.send(victim, 'SIGCONT');
    }
    return { since: performance.now(), ready: Promise.resolve() };
  }

  private send(victim: Victim, signal: CrashSignal): void {
    if (isEngineName(victim)) this.stack.signalEngine(victim, signal);
    else this.stack.signalService(victim, signal);
  }

  private newRestarts(): Restarts<Victim> {
    return new Restarts<Victim>({
      start: (name) => this.startAgain(name),
      say: (line) => this.say(`  ${line}`),
      signal: this.signal,
    });
  }

  private async startAgain(name: Victim): Promise<void> {
    const comeback = this.comebacks.get(name);
    comeback?.begun.resolve(performance.now());
    await (isEngineName(name) ? this.stack.startEngine(name) : this.stack.start(name));
    comeback?.ready.resolve();
    this.comebacks.delete(name);
  }

  private async ended(name: Victim, how: string): Promise<void> {
    if (!this.comebacks.has(name)) {
      this.unexpectedEnds.push(`${name}: ${how}, at kill ${this.blow}`);
      this.say(`  ${name} has ended by itself (${how})`);
    }
    await this.restarts.ended(name);
    // It is there still only where it was given up.
    const comeback = this.comebacks.get(name);
    for (const waited of [comeback?.begun, comeback?.ready])
      waited?.reject(new Error(`${name} does not come back`));
  }
}
