import type { Stack } from '@florin/local-stack';
import {
  ApiClient,
  eventually,
  exactlyOnce,
  type Finding,
  gatherEvidence,
  inParallel,
  type Person,
  statusesOf,
} from '@florin/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { Follower } from './follower.js';
import { Load, type Taken } from './load.js';

const crowdSize = 8;
/** Enough for as many payments as a run can have. */
const funding = 100_000_000;
/** How long after all is well again anything may still be under way. */
const patienceMs = 90_000;
/** Longer than any message is under way: one that comes twice has come by then. */
const settleMs = 2_000;
/** Access tokens live for an hour. */
const renewAfterMs = 20 * 60_000;

/** A finding, and the blow under which its payment was taken; null where it is of no single payment. */
export interface PlacedFinding extends Finding {
  readonly blow: number | null;
}

/** People who pay each other, each listening to what they are told, and what is held against the books. */
export class Crowd {
  readonly load: Load;
  private signedInAt = performance.now();
  /** Of the payments taken, how many were checked to be complete and told. */
  private checked = 0;

  private constructor(
    private readonly stack: Stack,
    private readonly api: ApiClient,
    private people: readonly Person[],
    private readonly followers: ReadonlyMap<string, Follower>,
  ) {
    this.load = new Load(people);
  }

  static async gather(stack: Stack): Promise<Crowd> {
    const api = new ApiClient(stack.gatewayUrl);
    const people = await registered(api);
    await inParallel(people.length, crowdSize, (index) => (people[index] as Person).fund(funding));
    const followers = people.map((person) => [person.id, new Follower(stack.gatewayUrl, person)] as const);
    return new Crowd(stack, api, people, new Map(followers));
  }

  /** Makes one payment; resolves when it is complete, to whether it is. */
  async payOnce(): Promise<boolean> {
    const taken = await this.load.pay(10);
    if (taken === undefined) return false;
    const [payment] = await statusesOf(this.people, [taken], patienceMs);
    return payment?.status === 'completed';
  }

  /** The cheap check, which goes on while people pay: what was taken since the last one is complete, and each side was told. */
  async checkRecent(): Promise<PlacedFinding[]> {
    const recent = this.load.taken.slice(this.checked);
    this.checked += recent.length;
    const statuses = await statusesOf(this.people, recent, patienceMs);
    const findings = statuses.flatMap(({ id, status }, index): PlacedFinding[] => {
      if (status === 'completed') return [];
      const about = { of: id, detail: `it is ${status ?? 'not known any more'}` };
      return [
        {
          trouble: status === 'created' ? 'stuck' : 'lost',
          ...about,
          blow: recent[index]?.blow ?? null,
        },
      ];
    });
    const late = new Set(recent);
    await eventually(() => {
      for (const taken of late) if (this.isTold(taken)) late.delete(taken);
      if (late.size > 0) throw new Error('not yet');
    }, patienceMs).catch(() => undefined);
    return [
      ...findings,
      ...[...late].map(({ answer, blow }): PlacedFinding => ({
        ...{ trouble: 'lost', of: answer.body.id, blow },
        detail: 'the streams have not told of it to both sides',
      })),
    ];
  }

  /** The full check, while nobody pays: all payments against all ways of looking, and the auditor's replay. */
  async checkAll(): Promise<PlacedFinding[]> {
    await this.load.stop();
    if (performance.now() - this.signedInAt > renewAfterMs) await this.renew();
    let findings: Finding[] = [];
    const look = async () => {
      findings = exactlyOnce(await this.evidence());
      if (findings.length > 0) throw new Error('not yet');
    };
    const until = performance.now() + patienceMs;
    await eventually(look, patienceMs).catch((error: unknown) => {
      if (findings.length === 0) throw error;
    });
    if (performance.now() < until) {
      await sleep(settleMs);
      findings = exactlyOnce(await this.evidence());
    }
    const blows = new Map(this.load.taken.map(({ answer, blow }) => [answer.body.id, blow]));
    return findings.map((finding) => ({ ...finding, blow: blows.get(finding.of) ?? null }));
  }

  async close(): Promise<void> {
    await this.load.stop();
    await Promise.all([...this.followers.values()].map((follower) => follower.close()));
    await this.api.close();
  }

  private evidence() {
    return gatherEvidence({
      ...{ eventStoreUrl: this.stack.eventStoreUrl, people: this.people, funding },
      accepted: this.load.taken,
      streamed: ({ id }) => this.followers.get(id)?.told() ?? [],
    });
  }

  private isTold({ payer, payee, answer }: Taken): boolean {
    // Whether it was told once too often the full check says.
    const told = (person: Person, kind: string) =>
      (this.followers.get(person.id)?.timesTold({ paymentId: answer.body.id, kind }) ?? 0) > 0;
    return told(payer, 'payment_sent') && told(payee, 'payment_received');
  }

  private async renew(): Promise<void> {
    this.people = await registered(this.api);
    this.load.renew(this.people);
    for (const person of this.people) this.followers.get(person.id)?.renew(person);
    this.signedInAt = performance.now();
  }
}

/** Registers everybody, or signs them in again. */
function registered(api: ApiClient): Promise<Person[]> {
  return inParallel(crowdSize, crowdSize, (index) =>
    api.register({ name: 'Prova Prova', phone: `+3933360${10_000 + index}` }),
  );
}
