import { reservesOf, type AccountState, type LedgerState } from '@florin/ledger';
import type { Account, Book } from '../model/book.js';
import { left } from '../model/book.js';
import type { Command } from '../model/commands.js';
import { Divergence } from './divergence.js';

/** What a writer has in memory of the accounts that a command names, right after it decided it. */
export function glimpse(state: LedgerState, command: Command): readonly (AccountState | undefined)[] {
  return accountsOf(command).map((id) => {
    const found = state.accounts.get(id);
    return found && { ...found };
  });
}

/** Throws a Divergence where that is not what the model holds. */
export function compareGlimpse(model: Book, command: Command, seen: ReturnType<typeof glimpse>): void {
  accountsOf(command).forEach((id, i) => {
    const account = model.accounts.get(id);
    if (account === undefined) return same(`whether ${id} is open`, undefined, seen[i]);
    compareAccount(model, account, seen[i]);
  });
}

function accountsOf(command: Command): readonly string[] {
  if (command.type === 'PostEntry') return command.postings.map(({ account }) => account);
  return 'account' in command ? [command.account] : [];
}

/** Throws a Divergence where a book of the product does not hold what the model holds. */
export function compareBooks(model: Book, real: LedgerState): void {
  same('events', model.facts.length, Number(real.revision) + 1);
  if (model.facts.length === 0) return;
  same('clock', model.clock, real.recordedAt);
  same('accounts', model.accounts.size, real.accounts.size);
  same('begin of the open time', model.openFrom, real.openFrom);
  same('last month that is closed', model.months.at(-1)?.period ?? null, real.lastPeriod);
  for (const account of model.accounts.values())
    compareAccount(model, account, real.accounts.get(account.id));
  let open = 0;
  for (const hold of model.holds.values()) {
    if (!hold.open) continue;
    open += 1;
    const found = real.holds.get(hold.id);
    same(`what is left of hold ${hold.id}`, left(hold), found?.amount);
    same(`end of hold ${hold.id}`, hold.expiresAt, found?.expiresAt);
  }
  same('open holds', open, real.holds.size);
  for (const asset of model.assets.values()) {
    same(`supply of ${asset.code}`, model.supply(asset), reservesOf(real, asset.code)?.supply);
  }
}

function compareAccount(model: Book, account: Account, real: AccountState | undefined): void {
  const { id } = account;
  const held = model.held(account);
  same(`balance of ${id}`, model.debitBalance(account), real?.debitBalance);
  same(`what is on hold of ${id}`, held, real?.held);
  same(`way that ${id} is frozen`, account.frozen, real?.frozen);
  same(`whether ${id} is closed`, account.closed, real?.closed);
  const available = model.available(account);
  if (available !== undefined && available < 0n)
    throw new Divergence(`${id} is under its floor`, available, held);
}

function same(what: string, model: unknown, real: unknown): void {
  if (model !== real) throw new Divergence(what, model, real);
}
