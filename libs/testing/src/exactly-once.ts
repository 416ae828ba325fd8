/**
 * What may have become of money that was taken: it is gone or somebody was not told of it, it is there or was told more than
 * once, two ways of looking do not agree, or it does not come to its end.
 */
export type Trouble = 'lost' | 'doubled' | 'unbalanced' | 'stuck';

export interface Finding {
  readonly trouble: Trouble;
  /** Id of a payment; or else of the person, or `ledger`. */
  readonly of: string;
  readonly detail: string;
}

/** A payment that the API answered with 2xx. */
export interface TakenPayment {
  readonly id: string;
  readonly payerId: string;
  readonly payeeId: string;
  readonly value: number;
  /** What it has come to since; null where nobody knows of it any more. */
  readonly status: 'created' | 'completed' | 'failed' | null;
}

/** What somebody was told of a payment. */
export interface Message {
  readonly paymentId: string;
  readonly kind: string;
}

/** All that the API says to one person. */
export interface PersonsView {
  readonly id: string;
  readonly balance: number;
  /** What payments moved on their wallet, in minor units, and nothing else. */
  readonly history: readonly { readonly paymentId: string; readonly value: number }[];
  readonly feed: readonly Message[];
  /** What came over a stream that was open all the time, where there was one. */
  readonly streamed?: readonly Message[];
}

/** What the auditor says, from the event store alone. */
export interface AuditorsView {
  readonly verified: boolean;
  readonly trialBalance: number;
  readonly entries: number;
  /** By account. */
  readonly balances: Readonly<Record<string, number>>;
}

export interface Evidence {
  readonly taken: readonly TakenPayment[];
  /** Everybody who pays or is paid. */
  readonly people: readonly PersonsView[];
  /** What each was funded with, once. */
  readonly funding: number;
  readonly auditor: AuditorsView;
}

/**
 * Holds everything that was taken against all ways of looking at it: complete, entered and told exactly once on both sides, nothing
 * besides, and the same balances everywhere. No finding means just that.
 */
export function exactlyOnce(evidence: Evidence): Finding[] {
  const open = new Set(evidence.taken.filter(({ status }) => status === 'created').map(({ id }) => id));
  return [
    ...evidence.taken.flatMap(ending),
    ...twice(evidence.taken),
    ...evidence.people.flatMap((person) => sides(person, evidence.taken, open)),
    ...evidence.people.flatMap((person) => balances(person, evidence)),
    ...audit(evidence),
  ];
}

function ending({ id, status }: TakenPayment): Finding[] {
  if (status === 'completed') return [];
  if (status === 'created') return [{ trouble: 'stuck', of: id, detail: 'it was taken and is not complete' }];
  const detail = status === null ? 'it was taken and is not known any more' : 'it was taken and has failed';
  return [{ trouble: 'lost', of: id, detail }];
}

/** Two requests with keys of their own are two payments. */
function twice(taken: readonly TakenPayment[]): Finding[] {
  return [...countBy(taken.map(({ id }) => id))].flatMap(([id, count]) =>
    count === 1 ? [] : [{ trouble: 'lost', of: id, detail: `it stands for ${count} requests` } as const],
  );
}

function sides(person: PersonsView, taken: readonly TakenPayment[], open: ReadonlySet<string>): Finding[] {
  const movements: string[] = [];
  const messages: string[] = [];
  for (const { id, payerId, payeeId, value } of taken) {
    if (payerId === person.id) {
      movements.push(`${id} ${-value}`);
      messages.push(`${id} payment_sent`);
    }
    if (payeeId === person.id) {
      movements.push(`${id} ${value}`);
      messages.push(`${id} payment_received`);
    }
  }
  const entered = person.history.map(({ paymentId, value }) => `${paymentId} ${value}`);
  const told = (list: readonly Message[]) => list.map(({ paymentId, kind }) => `${paymentId} ${kind}`);
  const compare = (where: string, expected: readonly string[], actual: readonly string[]) =>
    differences(`${where} of ${person.id}`, expected, actual, open);
  return [
    ...compare('the history', movements, entered),
    ...compare('the feed', messages, told(person.feed)),
    ...(person.streamed === undefined ? [] : compare('the stream', messages, told(person.streamed))),
  ];
}

/** Each is a payment's id and what there should be of it. */
function differences(
  where: string,
  expected: readonly string[],
  actual: readonly string[],
  open: ReadonlySet<string>,
): Finding[] {
  const wanted = new Set(expected);
  const found = countBy(actual);
  const idOf = (line: string) => line.slice(0, line.indexOf(' '));
  const missing = [...wanted].filter((line) => !found.has(line) && !open.has(idOf(line)));
  const repeated = [...found].filter(([line, count]) => count > 1 || !wanted.has(line));
  return [
    ...missing.map((line): Finding => ({
      trouble: 'lost',
      of: idOf(line),
      detail: `${where} lacks "${line}"`,
    })),
    ...repeated.map(([line, count]): Finding => ({
      trouble: 'doubled',
      of: idOf(line),
      detail: wanted.has(line)
        ? `${where} has "${line}" ${count} times`
        : `${where} has "${line}" besides what was taken`,
    })),
  ];
}

function balances(person: PersonsView, { funding, auditor }: Evidence): Finding[] {
  const { id, balance, history } = person;
  const unbalanced = (detail: string): Finding => ({ trouble: 'unbalanced', of: id, detail });
  const moved = history.reduce((sum, { value }) => sum + value, funding);
  const replayed = auditor.balances[`wallet:${id}`];
  return [
    ...(moved === balance ? [] : [unbalanced(`has ${balance}, by the history ${moved}`)]),
    ...(replayed === balance ? [] : [unbalanced(`has ${balance}, by the auditor's replay ${replayed}`)]),
  ];
}

function audit({ auditor, taken, people }: Evidence): Finding[] {
  const unbalanced = (detail: string): Finding => ({ trouble: 'unbalanced', of: 'ledger', detail });
  const entries = new Set(taken.map(({ id }) => id)).size + people.length;
  return [
    ...(auditor.verified ? [] : [unbalanced('the auditor does not verify its log')]),
    ...(auditor.trialBalance === 0 ? [] : [unbalanced(`its trial balance is ${auditor.trialBalance}`)]),
    ...(auditor.entries === entries
      ? []
      : [unbalanced(`it has ${auditor.entries} entries, and ${entries} are explained`)]),
  ];
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
