import type { Person } from './api-client.js';
import { askAuditor } from './auditor.js';
import type { Accepted } from './careful-client.js';
import { eventually } from './eventually.js';
import type { AuditorsView, Evidence, Message, PersonsView, TakenPayment } from './exactly-once.js';
import { inParallel } from './in-parallel.js';

const width = 8;

interface Scene {
  readonly eventStoreUrl: string;
  readonly people: readonly Person[];
  /** What each was funded with, once. */
  readonly funding: number;
  readonly accepted: readonly Accepted[];
  /** What came to a person over a stream that was open all the time. */
  readonly streamed?: (person: Person) => readonly Message[];
}

/** Reads all that the API says to each person, and has the auditor replay the book; nothing may be under way. */
export async function gatherEvidence(scene: Scene): Promise<Evidence> {
  const { people, funding, accepted, eventStoreUrl, streamed } = scene;
  const taken = await statusesOf(people, accepted);
  const views = await inParallel(people.length, width, (index) => viewOf(people[index] as Person, streamed));
  return { taken, people: views, funding, auditor: await auditorsView(eventStoreUrl) };
}

/**
 * Waits until each payment has come to an end, for `withinMs` at most, and says what they have come to. `people` are the payers as
 * they are signed in now.
 */
export function statusesOf(
  people: readonly Person[],
  accepted: readonly Accepted[],
  withinMs = 90_000,
): Promise<TakenPayment[]> {
  const until = performance.now() + withinMs;
  return inParallel(accepted.length, width, async (index): Promise<TakenPayment> => {
    const { payer, payee, value, answer } = accepted[index] as Accepted;
    const { id } = answer.body;
    const about = { id, payerId: payer.id, payeeId: payee.id, value };
    const reader = people.find((person) => person.id === payer.id) ?? payer;
    let status: TakenPayment['status'] = 'created';
    const look = async () => {
      const { status: code, body } = await reader.call<{ status: 'created' | 'completed' | 'failed' }>(
        ...(['GET', `/v1/payments/${id}`] as const),
      );
      if (code !== 200 && code !== 404) throw new Error(`${code}`);
      status = code === 404 ? null : body.status;
      if (status === 'created') throw new Error('not yet');
    };
    await eventually(look, Math.max(0, until - performance.now())).catch(() => undefined);
    return { ...about, status };
  });
}

async function viewOf(person: Person, streamed: Scene['streamed']): Promise<PersonsView> {
  const [history, feed, wallet] = [await person.history(), await person.feed(), await person.balance()];
  return {
    id: person.id,
    balance: wallet.balance.value,
    history: history
      .filter(({ kind }) => kind === 'p2p')
      .map(({ reference, amount }) => ({ paymentId: reference, value: amount.value })),
    feed: feed.filter(isOfDone),
    ...(streamed && { streamed: streamed(person).filter(isOfDone) }),
  };
}

/** Somebody is told of refusals, too. */
function isOfDone({ kind }: Message): boolean {
  return kind !== 'payment_failed';
}

async function auditorsView(eventStoreUrl: string): Promise<AuditorsView> {
  const { body: verified } = await askAuditor<Omit<AuditorsView, 'balances'>>(eventStoreUrl, 'verify');
  const { body: replayed } = await askAuditor<Pick<AuditorsView, 'balances'>>(eventStoreUrl, 'replay');
  const { trialBalance, entries } = verified;
  return { verified: verified.verified, trialBalance, entries, balances: replayed.balances };
}
