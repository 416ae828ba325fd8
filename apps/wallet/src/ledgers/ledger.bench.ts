import { LedgerWriter } from '@florin/books';
import { testMoneyAccount, walletAccount } from '@florin/contracts';
import { connectEventStore } from '@florin/event-store';
import type { LedgerCommand } from '@florin/ledger';
import { v7 as uuidv7, v4 as uuidv4 } from 'uuid';
import { openTestMoney, openWallet } from './ledger.js';

/** Run by `npm run bench -- ledger`: prints how many commands per second the writer decides and appends durably. */
const accounts = 1000;
const commandsPerRun = 60_000;
const underWay = 5_000;

const store = connectEventStore(process.argv[2] ?? '');
const writer = new LedgerWriter({ ledger: 'it-eur', currency: 'EUR', store, nowMs: Date.now });
const people = Array.from({ length: accounts }, () => uuidv4());

await writer.submit(openTestMoney);
await Promise.all(people.map((person) => writer.submit(openWallet(person))));
await Promise.all(
  people.map((person) => writer.submit(move(testMoneyAccount, walletAccount(person), 1_000_000n))),
);
await run(commandsPerRun / 4);
const startedAt = performance.now();
await run(commandsPerRun);
const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write(
  JSON.stringify({ commands: commandsPerRun, underWay, perSecond: Math.floor(commandsPerRun / seconds) }),
);
await store.close();

/** Transfers between changing pairs of people, `underWay` of them at any time. */
async function run(count: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const from = walletAccount(people[index % accounts] as string);
      const to = walletAccount(people[(index * 7 + 1) % accounts] as string);
      const { outcome } = await writer.submit(move(from, from === to ? testMoneyAccount : to, 1n));
      if (outcome !== 'accepted') throw new Error(`a transfer was ${outcome}`);
    }
  };
  await Promise.all(Array.from({ length: underWay }, worker));
}

function move(from: string, to: string, amount: bigint): LedgerCommand {
  return {
    type: 'PostEntry',
    entryId: uuidv7(),
    kind: 'p2p',
    currency: 'EUR',
    postings: [
      { account: from, amount },
      { account: to, amount: -amount },
    ],
    reference: 'benchmark',
  };
}
