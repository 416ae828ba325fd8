import type { Stack } from '@florin/local-stack';
import { askAuditor, inParallel, type Person } from '@florin/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Story } from './scene.js';
import type { Transcript } from './transcript.js';

export interface AuditResult {
  readonly payments: number;
  readonly entries: number;
  readonly trialBalance: number;
  readonly verified: boolean;
  readonly replayedBalancesMatch: boolean;
  readonly eventsDelivered: number;
  readonly duplicates: number;
}

interface Verification {
  readonly verified: boolean;
  readonly entries: number;
  readonly trialBalance: number;
  readonly headRevision: number;
  readonly finding: { detail: string } | null;
}

/** Holds what the API says against what the auditor's own replay of the ledger says. */
export async function auditLedger(scene: {
  stack: Stack;
  story: Story;
  transcript: Transcript;
}): Promise<AuditResult> {
  const { stack, story, transcript } = scene;
  transcript.chapter('The audit');
  const once = await enteredOnce(story);
  transcript.check('Every accepted payment is in the books of both sides exactly once', once);
  const told = await toldOnce(story);
  transcript.check(
    `Every side was told exactly once (${told.delivered} messages)`,
    told.delivered === told.expected && told.duplicates === 0,
    `expected ${told.expected}, ${told.duplicates} twice`,
  );

  const { body: verification } = await askAuditor<Verification>(stack.eventStoreUrl, 'verify');
  transcript.check(
    `The hash chain verifies up to revision ${verification.headRevision}`,
    verification.verified,
    verification.finding?.detail,
  );
  transcript.check('The trial balance is zero', verification.trialBalance === 0);
  const expectedEntries = story.payments.length + story.fundings;
  transcript.check(
    `The ledger holds ${verification.entries} entries: ${story.payments.length} payments, ${story.fundings} fundings`,
    verification.entries === expectedEntries,
    `expected ${expectedEntries}`,
  );
  const match = await balancesMatch(stack, story.people);
  transcript.check(
    `The auditor's replay gives the same balances as the API for ${story.people.length} people`,
    match,
  );
  return {
    payments: story.payments.length,
    entries: verification.entries,
    trialBalance: verification.trialBalance,
    verified: verification.verified,
    replayedBalancesMatch: match,
    eventsDelivered: told.delivered,
    duplicates: told.duplicates,
  };
}

async function enteredOnce(story: Story): Promise<boolean> {
  const expected = countBy(
    story.payments.flatMap(({ id, payer, payee }) => [`${payer.id} ${id}`, `${payee.id} ${id}`]),
  );
  const histories = await ofEach(story.people, async (person) => {
    const payments = (await person.history()).filter(({ kind }) => kind === 'p2p');
    return payments.map(({ reference }) => `${person.id} ${reference}`);
  });
  const actual = countBy(histories.flat());
  return actual.size === expected.size && [...expected.keys()].every((key) => actual.get(key) === 1);
}

interface Told {
  readonly delivered: number;
  readonly expected: number;
  readonly duplicates: number;
}

/** Longer than any message is under way: one that comes twice has come by then. */
const settleMs = 2_000;

/** Counts who was told of which completed payment: waits for the last message, and then for one too many. */
async function toldOnce(story: Story): Promise<Told> {
  const expected = story.payments.length * 2;
  const deadline = performance.now() + 30_000;
  while ((await readFeeds(story)).size < expected && performance.now() < deadline) await sleep(250);
  await sleep(settleMs);
  const told = await readFeeds(story);
  const duplicates = [...told.values()].filter((count) => count > 1).length;
  return { delivered: told.size, expected, duplicates };
}

async function readFeeds(story: Story): Promise<Map<string, number>> {
  const feeds = await ofEach(story.people, async (person) => {
    const done = (await person.feed()).filter(({ kind }) => kind !== 'payment_failed');
    return done.map(({ paymentId }) => `${person.id} ${paymentId}`);
  });
  return countBy(feeds.flat());
}

async function balancesMatch(stack: Stack, people: Person[]): Promise<boolean> {
  const { body } = await askAuditor<{ balances: Record<string, number> }>(stack.eventStoreUrl, 'replay');
  const wallets = await ofEach(people, (person) => person.balance());
  return wallets.every((wallet) => body.balances[wallet.account] === wallet.balance.value);
}

/** Asks for each person, some at once. */
function ofEach<Result>(
  people: readonly Person[],
  ask: (person: Person) => Promise<Result>,
): Promise<Result[]> {
  return inParallel(people.length, 8, (index) => ask(people[index] as Person));
}

function countBy(keys: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
