import { markets, monthAt } from '@florin/contracts';
import { askAuditor, eventually, type Person } from '@florin/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { euros, noLimits, World } from './world.js';

interface StatementDto {
  readonly account: string;
  readonly opening: number;
  readonly closing: number;
  readonly provisional: { revision: number } | null;
  readonly lines: readonly { change: number; balance: number; recordedAt: string }[];
  readonly checkpoint: { fingerprint: string } | null;
  readonly proofUrl: string | null;
}

describe('statements', () => {
  let world: World;
  let anna: Person;
  let bruno: Person;
  let folder: string;
  const month = monthAt(Date.now(), markets.it.timeZone);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin-statements-'));
    world = await World.start(noLimits);
    anna = await world.api.register({ name: 'Anna Rossi', phone: '+393331000001' });
    bruno = await world.api.register({ name: 'Bruno Bianchi', phone: '+393331000002' });
    await anna.fund(20_000);
    await anna.pay(euros(bruno, 1_250));
    await bruno.pay(euros(anna, 500));
  }, 180_000);

  afterAll(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const statement = (person: Person, path: string) =>
    person.call<StatementDto>('GET', `/v1/statements${path}`);

  /** Once a checkpoint covers all of it, a statement does not change until something moves. */
  const settled = (person: Person): Promise<StatementDto> =>
    eventually(async () => {
      const { body } = await statement(person, `/${month}`);
      expect(body.checkpoint).not.toBeNull();
      return body;
    }, 20_000);

  const bytes = async (query: string, headers: Record<string, string> = {}): Promise<Buffer> => {
    const answer = await fetch(`${world.stack.gatewayUrl}/v1/statements/${month}${query}`, {
      headers: { authorization: `Bearer ${anna.token}`, ...headers },
    });
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };

  it('have what moved in the month, provisional until it is over', async () => {
    const { body } = await statement(anna, `/${month}`);
    expect(body).toMatchObject({ account: `wallet:${anna.id}`, opening: 0, closing: 19_250 });
    expect(body.lines.map(({ change, balance }) => [change, balance])).toEqual([
      [20_000, 20_000],
      [-1_250, 18_750],
      [500, 19_250],
    ]);
    expect(body.provisional?.revision).toBe((await anna.balance()).revision);
    expect((await statement(bruno, `/${month}`)).body).toMatchObject({ closing: 750 });
    expect((await statement(bruno, '/2026-01')).body).toMatchObject({ provisional: null, lines: [] });
  });

  it('of spans of time join', async () => {
    const { body: whole } = await statement(anna, `/${month}`);
    const [, second] = whole.lines;
    const from = new Date(Date.parse(second!.recordedAt) - 60_000).toISOString();
    const to = new Date(Date.now() + 60_000).toISOString();
    const span = (begin: string, end: string) => statement(anna, `?from=${begin}&to=${end}`);
    const [before, after] = [await span(from, second!.recordedAt), await span(second!.recordedAt, to)];
    expect([before.body.opening, before.body.closing]).toEqual([0, 20_000]);
    expect([after.body.opening, after.body.closing]).toEqual([20_000, 19_250]);
  });

  it.each([
    ['csv', 'text/csv; charset=utf-8', 'row,revision,'],
    ['camt', 'application/xml; charset=utf-8', '<?xml '],
    ['pdf', 'application/pdf', '%PDF-'],
  ])('come as %s, by Accept or by name', async (format, type, begin) => {
    const byName = await anna.call<string>('GET', `/v1/statements/${month}?format=${format}`);
    expect(byName).toMatchObject({ status: 200, headers: { 'content-type': type } });
    expect(byName.body.startsWith(begin)).toBe(true);
    expect(byName.headers['content-disposition']).toMatch(
      /^attachment; filename="florin-it-eur-\d{4}-\d\d\./,
    );
    const accept = type.split(';')[0] as string;
    expect((await bytes('', { accept })).subarray(0, begin.length).toString()).toBe(begin);
  });

  it('are the same bytes that the auditor makes from the event store alone', async () => {
    const { checkpoint, proofUrl } = await settled(anna);
    expect(checkpoint?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect((await anna.call('GET', new URL(proofUrl!).pathname)).status).toBe(200);
    const { eventStoreUrl, gatewayUrl } = world.stack;
    for (const format of ['json', 'csv', 'camt', 'pdf']) {
      const file = join(folder, `a.${format}`);
      const how = ['--format', format, '--locale', 'pt', '--public-url', gatewayUrl, '--out', file];
      const asked = ['statement', `wallet:${anna.id}`, '--period', month, ...how];
      expect(await askAuditor(eventStoreUrl, ...asked)).toMatchObject({
        exitCode: 0,
        body: { lines: 3, opening: 0, closing: 19_250 },
      });
      const ours = await bytes(`?format=${format}&locale=pt`);
      expect(ours.equals(await readFile(file))).toBe(true);
    }
  });

  it("are one's own, of a time that has begun, in a format that there is", async () => {
    const refused = async (path: string, headers: Record<string, string> = {}) => {
      const { status, body } = await anna.call<{ type: string }>('GET', `/v1/statements${path}`, { headers });
      return `${status} ${body.type.split('/').at(-1)}`;
    };
    expect(await refused(`/${month}?account=wallet:${bruno.id}`)).toBe('404 wallet-not-found');
    expect(await refused(`/${month}?market=br`)).toBe('404 wallet-not-found');
    expect(await refused('/2999-01')).toBe('404 statement-not-begun');
    expect(await refused('/2026-13')).toBe('400 invalid-request');
    expect(await refused('?from=2026-01-01T00:00:00Z')).toBe('400 invalid-request');
    expect(await refused(`/${month}?format=xls`)).toBe('400 invalid-request');
    expect(await refused(`/${month}`, { accept: 'text/html' })).toBe('406 not-acceptable');
    expect((await statement(anna, `/${month}?account=wallet:${anna.id}`)).status).toBe(200);
    expect((await world.api.call('GET', `/v1/statements/${month}`)).status).toBe(401);
  });
});
