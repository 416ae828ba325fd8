import { revisionAt, statementEvidence } from '@florin/books';
import { commandLine, WrongUse } from '@florin/configuration';
import { ledgerStream, marketOfLedger, markets, type Market } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import { amountToWire, decodeRecord, type LedgerState, type PeriodClosed } from '@florin/ledger';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerOf, urlOf } from '../arguments.js';
import { audit } from '../audit.js';
import { monthOf, refuseUnwritable } from '../outputs.js';
import { progressBar } from '../progress.js';
import { withStore } from '../store.js';
import type { ExitCode, Surroundings } from '../surroundings.js';
import { reportPage, type ReportGround } from './report-page.js';
import { ReportCollector, type BookReport, type ReportPeriod } from './report.js';

/** Runs `report`: reads and verifies a book up to the end of a month, and writes what it saw as HTML and JSON. Throws WrongUse. */
export async function runReport(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const asked = askedBy(args, surroundings.env);
  const { err, out, terminal } = surroundings;
  return withStore(asked.url, async (store) => {
    const { ledger, market, period } = asked;
    const upTo = await revisionAt({ store, ledger }, { atMs: period.to - 1 });
    if (upTo < 0n) throw new WrongUse(`${ledger} had no event before the end of ${period.label}`);
    const bar = terminal ? progressBar(`Reading ${ledger}`, err) : undefined;
    const collector = new ReportCollector(ledger, period);
    const result = await audit(store, ledger, {
      ...{ currency: market.currency, upTo, onProgress: bar?.show },
      onEvent: (event, state) => collector.take(event, state),
    }).finally(() => bar?.clear());
    const report = collector.report(result.state);
    const ground: ReportGround = {
      ...{ currency: market.currency, headHash: result.head.hash, finding: result.finding },
      exponentOf: exponentIn(result.state, market),
      closed: await closeOf(store, ledger, upTo, period),
      checkpoint: (await statementEvidence({ store, ledger }, { lastRevision: upTo, lastEntryId: undefined }))
        .checkpoint,
    };
    const files = await write(asked.out, report, ground);
    out(
      asked.json ? `${JSON.stringify({ ledger, period: period.label, files })}\n` : `${files.join('\n')}\n`,
    );
    if (result.finding === undefined) return 0;
    err(
      `Revision ${result.finding.revision} of ${ledger} is wrong (${result.finding.code}): ${result.finding.detail}\n`,
    );
    return 1;
  });
}

interface Asked {
  readonly ledger: string;
  readonly market: Market;
  readonly period: ReportPeriod;
  /** A folder, which is made where it is not there. */
  readonly out: string;
  readonly url: string;
  readonly json: boolean;
}

function askedBy(args: readonly string[], env: NodeJS.ProcessEnv): Asked {
  const { positionals, values } = commandLine(args, {
    ledger: { type: 'string' },
    period: { type: 'string' },
    out: { type: 'string' },
    url: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (positionals[0] !== undefined) throw new WrongUse(`report does not take "${positionals[0]}"`);
  if (values.period === undefined) throw new WrongUse('Of which month? Say --period 2026-10');
  if (values.out === undefined) throw new WrongUse('Where to? Say --out <folder>');
  const ledger = ledgerOf(values.ledger) ?? markets.it.ledger;
  const market = marketOfLedger(ledger) ?? markets.it;
  return {
    ...{ ledger, market, out: values.out, url: urlOf(values.url, env), json: values.json ?? false },
    period: monthOf(values.period, market),
  };
}

function exponentIn(state: LedgerState, market: Market): (currency: string) => number {
  return (currency) => state.assets.get(currency)?.scale ?? market.exponent;
}

/** The event that closed a month: it comes after the month's end. */
async function closeOf(
  store: EventStore,
  ledger: string,
  after: bigint,
  { label }: ReportPeriod,
): Promise<(PeriodClosed & { revision: bigint }) | undefined> {
  for await (const page of store.read(ledgerStream(ledger), { from: after + 1n })) {
    for (const stored of page) {
      if (stored.type !== 'PeriodClosed') continue;
      const event = decodeRecord(stored);
      if (event.type === 'PeriodClosed' && event.period === label)
        return { ...event, revision: stored.revision };
    }
  }
  return undefined;
}

async function write(folder: string, report: BookReport, ground: ReportGround): Promise<string[]> {
  const name = join(folder, `${report.ledger}-${report.period.label}`);
  const files = [`${name}.html`, `${name}.json`];
  const { exponentOf: _exponentOf, ...rest } = ground;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(files[0] as string, reportPage(report, ground));
    await writeFile(
      files[1] as string,
      `${JSON.stringify({ ...report, ...rest, ...absent(ground) }, wire, 2)}\n`,
    );
  } catch (error) {
    refuseUnwritable(error);
  }
  return files;
}

/** What there is not is told as `null`. */
function absent({ checkpoint, closed, finding }: ReportGround): object {
  return { checkpoint: checkpoint ?? null, closed: closed ?? null, finding: finding ?? null };
}

/** Amounts and revisions as JSON integers. */
function wire(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? amountToWire(value) : value;
}
