import {
  type Accepted,
  type Finding,
  inParallel,
  type Intent,
  payUntilTaken,
  type Person,
} from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const payers = 6;
const paceMs = 150;
/** Each so many payments one is sent again, with its key, after it was taken. */
const againEvery = 5;

/** A payment that was taken, and under which blow; 0 before the first. */
export interface Taken extends Accepted {
  readonly blow: number;
}

/** People who go on paying each other, whatever happens. */
export class Load {
  /** All that was taken so far. */
  readonly taken: Taken[] = [];
  /** What was seen already while paying. */
  readonly findings: (Finding & { readonly blow: number })[] = [];
  /** Under which blow what is taken now is counted. */
  blow = 0;
  private made = 0;
  private over = true;
  private done: Promise<unknown> = Promise.resolve();

  constructor(private people: readonly Person[]) {}

  /** From now on as these, who have signed in again; only while nobody pays. */
  renew(people: readonly Person[]): void {
    this.people = people;
  }

  start(): void {
    this.over = false;
    this.done = inParallel(payers, payers, async () => {
      for (; !this.over; await sleep(paceMs)) await this.pay(1);
    });
  }

  /** Lets what is under way come to its end. */
  async stop(): Promise<void> {
    this.over = true;
    await this.done;
  }

  /** One payment, sent until somebody takes it; undefined where nobody did, which is a finding. */
  async pay(waitSeconds: number): Promise<Taken | undefined> {
    const { blow } = this;
    const intent = this.intent();
    const again = this.made % againEvery === 0;
    try {
      const taken = { ...(await payUntilTaken(intent, waitSeconds)), blow };
      this.taken.push(taken);
      if (again) await this.payAgain(taken);
      return taken;
    } catch (error) {
      const detail = `${intent.payer.id} could not pay: ${error instanceof Error ? error.message : String(error)}`;
      this.findings.push({ trouble: 'stuck', of: `key ${intent.key}`, detail, blow });
      return undefined;
    }
  }

  private async payAgain(taken: Taken): Promise<void> {
    const { answer } = await payUntilTaken(taken);
    if (answer.body.id === taken.answer.body.id) return;
    const detail = `its key ${taken.key} was answered with ${answer.body.id} the second time`;
    this.findings.push({ trouble: 'doubled', of: taken.answer.body.id, detail, blow: taken.blow });
  }

  private intent(): Intent {
    const index = this.made++;
    const crowd = this.people.length;
    const payer = this.people[index % crowd] as Person;
    const payee = this.people[(index + 1 + (Math.floor(index / crowd) % (crowd - 1))) % crowd] as Person;
    return { payer, payee, value: 1 + (index % 97), key: randomUUID() };
  }
}
