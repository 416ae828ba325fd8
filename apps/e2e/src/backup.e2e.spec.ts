import { startStack, type Stack } from '@florin/local-stack';
import { ApiClient, askAuditor, eventually, inParallel, type PaymentDto, Person } from '@florin/testing';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { euros, noLimits } from './world.js';

const program = fileURLToPath(new URL('../../local/dist/main.js', import.meta.url));
const funding = 100_000;
const crowdSize = 6;
const width = 4;
const patienceMs = 90_000;

interface Head {
  readonly ledger: string;
  readonly revision: number;
  readonly hash: string;
}

interface Paid {
  readonly payer: Person;
  readonly payee: Person;
  readonly key: string;
  readonly payment: PaymentDto;
}

describe('a backup of a stack that runs', () => {
  let folder: string;
  let stack: Stack;
  let people: Person[];
  let api: ApiClient;
  let before: Paid[];
  let backup: { readonly files: number; readonly books: Head[]; readonly keys: { included: boolean } };
  let restored: { readonly books: Head[]; readonly missingKeys: string[] };
  const data = () => join(folder, 'data');
  const elsewhere = () => join(folder, 'elsewhere');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin backup '));
    stack = await start(data());
    api = new ApiClient(stack.gatewayUrl);
    people = await inParallel(crowdSize, width, async (index) => {
      const person = await api.register({ name: 'Prova Prova', phone: `+3933350${10_000 + index}` });
      await person.fund(funding);
      return person;
    });
    before = await inParallel(40, width, (index) => pay(index, 30));
    expect(new Set(before.map(({ payment }) => payment.status))).toEqual(new Set(['completed']));

    const load = underLoad();
    backup = await copying(data(), 'backup', '--out', join(folder, 'copy'), '--with-keys');
    const during = await load.stop();
    expect(during).toBeGreaterThan(0);
    await api.close();
    await stack.stop();

    restored = await copying(data(), 'restore', '--from', join(folder, 'copy'), '--data', elsewhere());
    stack = await start(elsewhere());
    api = new ApiClient(stack.gatewayUrl);
    people = people.map(({ name, phone, id, token }) => new Person(api, name, phone, id, token));
  }, 600_000);

  afterAll(async () => {
    await api?.close();
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const start = (dataDir: string) =>
    startStack({ dataDir, ports: 'free', kafka: 'embedded', env: { gateway: noLimits } });

  async function pay(index: number, waitSeconds: number): Promise<Paid> {
    const payer = people[index % crowdSize] as Person;
    const payee = people[(index + 1 + (index % (crowdSize - 1))) % crowdSize] as Person;
    const key = randomUUID();
    const { status, body } = await payer.pay(euros(payee, 1 + (index % 97)), key, waitSeconds);
    expect([201, 202]).toContain(status);
    return { payer, payee, key, payment: body };
  }

  /** Some wait for the end of their payment, some go on at once. */
  function underLoad(): { stop(): Promise<number> } {
    let goesOn = true;
    let count = 0;
    const workers = Array.from({ length: 2 * width }, async () => {
      for (; goesOn; await sleep(50)) await pay((count += 1), count % 2 === 0 ? 10 : 0);
    });
    return {
      async stop() {
        goesOn = false;
        await Promise.all(workers);
        return count;
      },
    };
  }

  /** The command, as `npm start` leaves the addresses for it. */
  async function copying<Report>(dataDir: string, ...args: readonly string[]): Promise<Report> {
    const { eventStoreUrl } = stack;
    const names = ['identity', 'wallet', 'payments', 'catalog', 'notifications'];
    const databaseUrls = Object.fromEntries(names.map((name) => [name, stack.databaseUrl(name)]));
    const description = JSON.stringify({ kafka: 'embedded', eventStoreUrl, databaseUrls });
    await writeFile(join(dataDir, 'stack.json'), description, { mode: 0o600 });
    const env = { PATH: process.env['PATH'] ?? '', FLORIN_DATA: dataDir };
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, '--json'], { env });
    return JSON.parse(stdout) as Report;
  }

  it('names the heads of the books, which the restored history contains', async () => {
    expect(backup.keys.included).toBe(true);
    expect(restored).toMatchObject({ books: backup.books, missingKeys: [] });
    const heads = backup.books.flatMap(({ ledger, revision, hash }) => [
      '--head',
      `${ledger}:${revision}:${hash}`,
    ]);
    expect(heads).toHaveLength(2);
    const { exitCode, body } = await askAuditor(stack.eventStoreUrl, 'verify', ...heads);
    expect(body).toMatchObject({ verified: true, trialBalance: 0, finding: null });
    expect(exitCode).toBe(0);
  }, 120_000);

  it('has every payment that was complete before exactly once, and knows its request again', async () => {
    const histories = new Map<string, string[]>();
    for (const person of people) {
      const entries = (await person.history()).filter(({ kind }) => kind === 'p2p');
      histories.set(
        person.id,
        entries.map(({ reference }) => reference),
      );
    }
    for (const { payer, payee, payment } of before) {
      for (const side of [payer, payee]) {
        expect(histories.get(side.id)?.filter((id) => id === payment.id)).toEqual([payment.id]);
      }
    }
    const [{ payer, payee, key, payment }] = before as [Paid];
    const again = people.find(({ id }) => id === payer.id) as Person;
    const { body } = await again.pay(euros(payee, payment.amount.value), key);
    expect(body).toEqual(payment);
  }, 120_000);

  it('brings what was under way to its end once: payments, ledger and messages tell the same', async () => {
    for (const person of people) {
      const ids = await eventually(async () => {
        const payments = await person.payments();
        expect(payments.filter(({ status }) => status !== 'completed')).toEqual([]);
        return payments.map(({ id }) => id).sort();
      }, patienceMs);
      await eventually(async () => {
        const history = (await person.history()).filter(({ kind }) => kind === 'p2p');
        expect(history.map(({ reference }) => reference).sort()).toEqual(ids);
        const { balance } = await person.balance();
        expect(balance.value).toBe(history.reduce((sum, { amount }) => sum + amount.value, funding));
      }, patienceMs);
      await eventually(async () => {
        expect((await person.feed()).map(({ paymentId }) => paymentId).sort()).toEqual(ids);
      }, patienceMs);
    }
  }, 240_000);

  it('goes on with new payments', async () => {
    const paid = await inParallel(10, width, (index) => pay(index, 30));
    expect(new Set(paid.map(({ payment }) => payment.status))).toEqual(new Set(['completed']));
    const { body } = await askAuditor(stack.eventStoreUrl, 'verify');
    expect(body).toMatchObject({ verified: true, trialBalance: 0 });
  }, 120_000);
});
