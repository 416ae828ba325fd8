import { benchBroker } from './broker.js';
import { benchEventStore } from './event-store.js';
import { benchGrowth, benchSoak } from './growth.js';
import { benchHistory } from './history.js';
import { ledgerHttpUsage, runLedgerHttp, taskOf } from './ledger-http.options.js';
import { benchLedger } from './ledger.js';
import { machine } from './machine.js';
import { benchPaymentStages } from './payment-stages.js';
import { benchPayments } from './payments.js';
import { benchProofs } from './proofs.js';
import { benchReplay } from './replay.js';

const benchmarks = {
  payments: benchPayments,
  'payment-stages': benchPaymentStages,
  ledger: benchLedger,
  'event-store': benchEventStore,
  broker: benchBroker,
  history: benchHistory,
  growth: benchGrowth,
  soak: benchSoak,
  replay: benchReplay,
  proofs: benchProofs,
} as const;

const usage = `npm run bench -- <name> [--json]

  payments        people to people through the gateway to completed: 1, 16, 64 at once, many pairs and one hot payer
  payment-stages  what a payment costs in CPU and on disk, and where its time goes, stage by stage, from its spans: 1 and 64 at once
  ledger          commands decided and durably appended per second, without Kafka and HTTP
  ledger-http     transfers over the ledger's own API: four shapes, 16, 64, 128 at once, the ledger alone and the whole stack
  event-store     events appended in hundreds and one by one, and read, with the official client
  history         a book of a million entries: its start from a snapshot, and questions about its past
  growth          a transfer through the wallet's writer, with 1,000, 100,000 and 1,000,000 accounts, and the memory of an account
  soak            10,000,000 transfers (BENCH_ENTRIES) through the wallet's writer: whether memory and latency stay what they are
  replay          the same book replayed from the event store, exported, and verified from its export
  proofs          the same book followed by a notary, and proofs of inclusion and consistency out of its tiles
  broker          messages produced in tens, consumed, and produced to consumed at a steady rate, with kafkajs

--json prints one JSON object as the last line. FLORIN_TEST_ESDB=esdb://… and FLORIN_TEST_KAFKA=host:port measure another
server than the embedded one.`;

async function main(): Promise<void> {
  const [name, ...options] = process.argv.slice(2);
  if (name === 'ledger-http') return ledgerHttp(options);
  if (name === undefined || !(name in benchmarks) || options.some((option) => option !== '--json')) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const result = await benchmarks[name as keyof typeof benchmarks]((line) => console.error(line));
  if (options.includes('--json'))
    console.log(JSON.stringify({ benchmark: name, machine: machine(), ...result }));
}

async function ledgerHttp(options: readonly string[]): Promise<void> {
  const task = taskOf(options.filter((option) => option !== '--json'));
  if (task === undefined) {
    console.error(ledgerHttpUsage);
    process.exitCode = 2;
    return;
  }
  const result = await runLedgerHttp(task, (line) => console.error(line));
  if (result !== undefined && options.includes('--json'))
    console.log(JSON.stringify({ benchmark: 'ledger-http', machine: machine(), ...result }));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
