import type { Stack } from '@florin/local-stack';
import type { NotificationDto, Person } from '@florin/testing';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inParallel } from './in-parallel.js';
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

  const verification = await auditor<Verification>(stack, 'verify');
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
  const histories = await inParallel(story.people.length, 8, (index) =>
    history(story.people[index] as Person),
  );
  const actual = countBy(histories.flat());
  return actual.size === expected.size && [...expected.keys()].every((key) => actual.get(key) === 1);
}

async function history(person: Person): Promise<string[]> {
  const found: string[] = [];
  let before = '';
  for (;;) {
    const page = await person.call<{ items: { kind: string; reference: string }[]; next: number | null }>(
      'GET',
      `/v1/history?limit=100${before}`,
    );
    found.push(
      ...page.body.items
        .filter((item) => item.kind === 'p2p')
        .map((item) => `${person.id} ${item.reference}`),
    );
    if (page.body.next === null) return found;
    before = `&before=${page.body.next}`;
  }
}

/** Counts who was told of which completed payment; waits for the last message, as delivery is asynchronous. */
async function toldOnce(story: Story): Promise<{ delivered: number; expected: number; duplicates: number }> {
  const expected = story.payments.length * 2;
  const deadline = performance.now() + 30_000;
  for (;;) {
    const feeds = await inParallel(story.people.length, 8, (index) => feed(story.people[index] as Person));
    const told = countBy(feeds.flat());
    const duplicates = [...told.values()].filter((count) => count > 1).length;
    if (told.size >= expected || performance.now() > deadline)
      return { delivered: told.size, expected, duplicates };
    await sleep(250);
  }
}

async function feed(person: Person): Promise<string[]> {
  const items: NotificationDto[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await person.notifications(100, after);
    items.push(...page.items);
    if (page.nextCursor === null || page.items.length === 0) break;
    after = page.nextCursor;
  }
  return items
    .filter((item) => item.kind !== 'payment_failed')
    .map((item) => `${person.id} ${item.paymentId}`);
}

async function balancesMatch(stack: Stack, people: Person[]): Promise<boolean> {
  const { balances } = await auditor<{ balances: Record<string, number> }>(stack, 'replay');
  const wallets = await inParallel(people.length, 8, (index) => (people[index] as Person).balance());
  return wallets.every((wallet) => balances[wallet.account] === wallet.balance.value);
}

/** Runs the auditor's own command, which reads EventStoreDB and asks no service. */
async function auditor<Result>(stack: Stack, command: string): Promise<Result> {
  const main = fileURLToPath(new URL('../../auditor/dist/main.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main, command, '--json'], {
    env: { ...process.env, EVENTSTORE_URL: stack.eventStoreUrl },
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout?: string; message: string }) => {
    if (error.stdout === undefined || error.stdout === '') throw new Error(error.message);
    return { stdout: error.stdout };
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
}

function countBy(keys: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
