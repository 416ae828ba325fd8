"""The rules of a ledger: docs/audit-export.md, "Rules of a ledger"."""

import re

from fault import Fault

SAFE = 2**53 - 1
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SLOT = 15 * MINUTE
UUID_V7 = re.compile('[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}')


class Ids:
    """Ids with an outcome, as far back as the window of seven days reaches: rule 5."""

    def __init__(self):
        self._slices = {}
        self._forgotten = 0

    def take(self, event_id, recorded_at):
        made = int(event_id[:8] + event_id[9:13], 16) if UUID_V7.fullmatch(event_id) else None
        if made is None or made > recorded_at + 5 * MINUTE or made < recorded_at - 7 * DAY:
            raise Fault('entry_id_invalid', f'the id {event_id} could not be recorded at {recorded_at}')
        piece = self._slices.setdefault(made // HOUR, set())
        if event_id in piece:
            raise Fault('entry_id_repeated', f'{event_id} has an outcome already')
        piece.add(event_id)
        if recorded_at // HOUR != self._forgotten:
            self._forgotten = recorded_at // HOUR
            for old in [one for one in self._slices if (one + 1) * HOUR <= recorded_at - 7 * DAY]:
                del self._slices[old]


def id_of(name, data):
    """The id that has its one outcome with an event; None for those without."""
    return data.get('entryId', data.get('commandId', data['holdId'] if name == 'HoldPlaced' else None))


class Account:
    __slots__ = ('id', 'natural', 'name', 'currency', 'floor', 'balance', 'held', 'frozen', 'closed', 'owed')

    def __init__(self, data, currency):
        self.id, self.name, self.currency, self.floor = data['id'], data['class'], data['currency'], data['floor']
        # 1 where a debit makes the natural balance larger, else -1.
        self.natural = 1 if data['class'] in ('asset', 'expense') else -1
        self.balance = self.held = 0
        self.frozen, self.closed = None, False
        # Whether what is in it is owed to a user of the ledger in this currency.
        self.owed = data['class'] == 'liability' and data['owner'] is not None and data['currency'] == currency


class Part:
    """What can be said of events without those before them."""

    totals = None

    def __init__(self, ledger, currency):
        self.ledger, self.currency = ledger, currency
        self.ids = Ids()
        self.clock = 0

    def take(self, revision, name, data):
        if name == 'LedgerCreated':
            raise Fault('book_created_twice', 'the book was created before')
        self._tick(data['recordedAt'])
        self._take_id(name, data)

    def _tick(self, recorded_at):
        if recorded_at < self.clock:
            raise Fault('clock_backwards', f'recorded at {recorded_at}, after an event at {self.clock}')

    def _take_id(self, name, data):
        event_id = id_of(name, data)
        if event_id is not None:
            self.ids.take(event_id, data['recordedAt'])
        self.clock = data['recordedAt']


class Ledger(Part):
    """A ledger from its first event on."""

    def __init__(self, ledger, currency):
        super().__init__(ledger, currency)
        self.accounts, self.holds, self.assets, self.backings = {}, {}, {}, {}
        self.reversed = set()
        self.totals = {}
        # What is owed to the users, and to how many accounts.
        self.owed = [0, 0]
        self.last_period, self.open_from = None, 0
        # By quarter of an hour: [entries, {(currency, class): [debits, credits]}].
        self.slots = {}

    def take(self, revision, name, data):
        if name != 'LedgerCreated' and revision == 0:
            raise Fault('book_not_created', f'a book begins with LedgerCreated, not with {name}')
        self._tick(data['recordedAt'])
        if name == 'LedgerCreated':
            self._created(revision, data)
        if name == 'AccountOpened':
            self._open(data)
        self._take_id(name, data)
        rule = getattr(self, f'_{name}', None)
        if rule is not None:
            rule(revision, data)

    def _created(self, revision, data):
        if revision > 0:
            raise Fault('book_created_twice', 'the book was created before')
        if data['ledger'] != self.ledger:
            raise Fault('ledger_foreign', f'the book was created as {data["ledger"]}, expected {self.ledger}')
        if data['currency'] != self.currency:
            raise Fault('currency_mismatch', f'the book is in {data["currency"]}, expected {self.currency}')

    def _open(self, data):
        if data['id'] in self.accounts:
            raise Fault('account_twice', f'{data["id"]} was opened before')
        self._known_currency(data['currency'])
        expected = 'asset' if data['id'] == f'supply:{data["currency"].lower()}' else 'liability'
        if data['currency'] != self.currency and (data['class'] != expected or data['floor'] != 0):
            raise Fault('account_invalid', f'{data["id"]} has units of {data["currency"]}, expected a(n) {expected} with a floor of 0')
        self.accounts[data['id']] = account = Account(data, self.currency)
        self.owed[1] += account.owed

    def _known_currency(self, currency):
        if currency != self.currency and currency not in self.assets:
            raise Fault('currency_mismatch', f'{currency} is neither {self.currency} nor an asset')

    def _account(self, account_id):
        if account_id not in self.accounts:
            raise Fault('account_unknown', f'{account_id} was never opened')
        return self.accounts[account_id]

    def _hold(self, hold_id):
        if hold_id not in self.holds:
            raise Fault('hold_unknown', f'hold {hold_id} was never placed, or has ended')
        return self.holds[hold_id]

    @staticmethod
    def _may_move(account, currency, amount):
        if account.currency != currency:
            raise Fault('currency_mismatch', f'{account.id} is in {account.currency}, not in {currency}')
        if account.closed:
            raise Fault('account_closed', f'{account.id} is closed')
        way = 'in' if amount * account.natural > 0 else 'out'
        if account.frozen in ('both', way):
            raise Fault('account_frozen', f'{account.id} is frozen: no money may go {way}')

    @staticmethod
    def _may_hold(account, balance, held):
        if not -SAFE <= balance <= SAFE:
            raise Fault('entry_invalid', f'the balance of {account.id} would be beyond the greatest amount')
        available = balance * account.natural - held
        if account.floor is not None and available < account.floor:
            raise Fault('floor_broken', f'{account.id} would have {available} available, expected {account.floor} at least')

    def _EntryPosted(self, revision, data):
        currency, effective_at, postings = data['currency'], data['effectiveAt'], data['postings']
        self._known_currency(currency)
        if effective_at > data['recordedAt']:
            raise Fault('entry_invalid', f'effective at {effective_at}, but recorded at {data["recordedAt"]}')
        if effective_at < self.open_from:
            raise Fault('period_closed', f'effective at {effective_at}, but all before {self.open_from} is closed')
        if 'reverses' in data:
            if data['reverses']['revision'] >= revision:
                raise Fault('entry_unknown', f'there is no revision {data["reverses"]["revision"]} yet')
            if data['reverses']['entryId'] in self.reversed:
                raise Fault('entry_reversed', f'entry {data["reverses"]["entryId"]} was reversed before')
        moves = [(self._account(posting['account']), posting['amount']) for posting in postings]
        for account, amount in moves:
            self._may_move(account, currency, amount)
        hold, freed = self._captured(data, moves)
        for account, amount in moves:
            held = account.held - (freed if hold is not None and hold['account'] == account.id else 0)
            self._may_hold(account, account.balance + amount, held)
        if self.assets:
            self._may_back({account.id: amount for account, amount in moves})
        self._post(data, moves, hold, freed)

    def _captured(self, data, moves):
        """The hold that an entry takes from, and how much of it is held no more."""
        if 'capture' not in data:
            return None, 0
        hold = self._hold(data['capture']['holdId'])
        if data['recordedAt'] >= hold['expiresAt']:
            raise Fault('hold_expired', f'the hold expired at {hold["expiresAt"]}')
        taken = sum(-amount * account.natural for account, amount in moves if account.id == hold['account'])
        if taken <= 0:
            raise Fault('entry_invalid', f'the entry takes nothing from {hold["account"]}')
        if taken > hold['amount']:
            raise Fault('hold_exceeded', f'the hold has {hold["amount"]} left, the entry takes {taken}')
        return hold, hold['amount'] if data['capture']['final'] else taken

    def _may_back(self, changes):
        def balance_of(account_id):
            account = self.accounts.get(account_id)
            return 0 if account is None else (account.balance + changes.get(account_id, 0)) * account.natural

        for account_id in changes:
            asset = self.backings.get(account_id)
            if asset is None:
                continue
            supply, covered = balance_of(supply_account(asset)), max(balance_of(asset['reserve']), 0) * asset['backing']
            if supply > covered:
                raise Fault('reserve_exceeded', f'{asset["code"]} would have a supply of {supply}, its reserve covers {covered}')

    def _post(self, data, moves, hold, freed):
        if hold is not None:
            hold['amount'] -= freed
            self.accounts[hold['account']].held -= freed
            if hold['amount'] == 0:
                del self.holds[hold['id']]
        slot = self.slots.setdefault(data['effectiveAt'] // SLOT, [0, {}])
        slot[0] += 1
        for account, amount in moves:
            key = data['currency'], account.name
            add(slot[1].setdefault(key, [0, 0]), amount, 1)
            sums = self.totals.setdefault(key, [0, 0])
            add(sums, account.balance, -1)
            self.owed[0] -= account.owed and max(0, -account.balance)
            account.balance += amount
            self.owed[0] += account.owed and max(0, -account.balance)
            add(sums, account.balance, 1)
        if 'reverses' in data:
            self.reversed.add(data['reverses']['entryId'])

    def _HoldPlaced(self, _revision, data):
        amount, recorded_at, expires_at = data['amount'], data['recordedAt'], data['expiresAt']
        if amount <= 0 or not recorded_at < expires_at <= recorded_at + 366 * DAY:
            raise Fault('entry_invalid', f'{amount} cannot be held from {recorded_at} until {expires_at}')
        account = self._account(data['account'])
        self._may_move(account, data['currency'], -amount * account.natural)
        self._may_hold(account, account.balance, account.held + amount)
        account.held += amount
        self.holds[data['holdId']] = {'id': data['holdId'], 'account': account.id, 'amount': amount, 'expiresAt': expires_at}

    def _HoldExtended(self, _revision, data):
        hold = self._hold(data['holdId'])
        if data['recordedAt'] >= hold['expiresAt']:
            raise Fault('hold_expired', f'the hold expired at {hold["expiresAt"]}')
        if not hold['expiresAt'] < data['expiresAt'] <= data['recordedAt'] + 366 * DAY:
            raise Fault('entry_invalid', f'the hold lasts until {hold["expiresAt"]}, not {data["expiresAt"]}')
        hold['expiresAt'] = data['expiresAt']

    def _HoldReleased(self, _revision, data):
        hold = self._hold(data['holdId'])
        self.accounts[hold['account']].held -= hold['amount']
        del self.holds[hold['id']]

    def _HoldExpired(self, revision, data):
        if data['recordedAt'] < self._hold(data['holdId'])['expiresAt']:
            raise Fault('hold_unknown', 'the hold has not expired yet')
        self._HoldReleased(revision, data)

    def _open_account(self, account_id):
        account = self._account(account_id)
        if account.closed:
            raise Fault('account_closed', f'{account_id} is closed')
        return account

    def _AccountFrozen(self, _revision, data):
        self._open_account(data['account']).frozen = data['frozen']

    def _AccountUnfrozen(self, _revision, data):
        self._open_account(data['account']).frozen = None

    def _AccountClosed(self, _revision, data):
        account = self._open_account(data['account'])
        if account.balance != 0 or account.held != 0:
            raise Fault('account_not_empty', f'{account.id} has a balance of {account.balance}')
        account.closed = True

    def _PeriodClosed(self, _revision, data):
        period, until = data['period'], data['until']
        if self.last_period is not None and period <= self.last_period:
            raise Fault('period_closed', f'{period} is closed: the last that was is {self.last_period}')
        entries, totals = self._movements_before(until)
        right = (
            (self.last_period is None or period == next_month(self.last_period))
            and ends(period, until)
            and until <= data['recordedAt']
            and data['from'] == self.open_from
            and data['entries'] == entries
            and data['totals'] == totals
        )
        if not right:
            raise Fault('period_invalid', f'{period} is not what there is to close: {entries} entries, {totals}')
        self.last_period, self.open_from = period, until
        self.slots = {slot: sums for slot, sums in self.slots.items() if slot * SLOT >= until}

    def _movements_before(self, until):
        entries, sums = 0, {}
        for slot, (count, moved) in self.slots.items():
            if slot * SLOT < until:
                entries += count
                for key, (debits, credits) in moved.items():
                    sum_of = sums.setdefault(key, [0, 0])
                    sum_of[0] += debits
                    sum_of[1] += credits
        ordered = sorted(sums.items(), key=lambda item: ' '.join(item[0]))
        return entries, [
            {'currency': currency, 'class': name, 'debits': debits, 'credits': credits}
            for (currency, name), (debits, credits) in ordered
        ]

    def _AssetDefined(self, _revision, data):
        reserve = self.accounts.get(data['reserve'])
        right = (
            re.fullmatch('[A-Z][A-Z0-9]{3,11}', data['code'])
            and data['scale'] <= 9
            and re.fullmatch('[A-Za-z0-9-]{1,64}', data['issuer'])
            and data['backing'] > 0
            and data['code'] not in self.assets
            and supply_account(data) not in self.accounts
            and reserve is not None
            and reserve.currency == self.currency
            and reserve.id not in self.backings
        )
        if not right:
            raise Fault('asset_invalid', f'{data["code"]} cannot be defined')
        self.assets[data['code']] = self.backings[reserve.id] = self.backings[supply_account(data)] = data


def add(sums, amount, times):
    """Counts an amount as a debit or as a credit."""
    sums[0 if amount > 0 else 1] += abs(amount) * times


def supply_account(asset):
    return f'supply:{asset["code"].lower()}'


def next_month(period):
    year, month = int(period[:4]), int(period[5:])
    return f'{year + month // 12:04}-{month % 12 + 1:02}'


def begins(period):
    """When a month begins in UTC, in ms since the epoch. Counted, for `datetime` ends with the year 9999."""
    year, month = int(period[:4]), int(period[5:])
    # Years that begin with March, so that the day of a leap year is the last of one.
    year, months = year - (month < 3), (month + 9) % 12
    return (365 * year + year // 4 - year // 100 + year // 400 + (153 * months + 2) // 5 - 719468) * DAY


def ends(period, until):
    """Whether a time can be the midnight that ends a month, from UTC-12 to UTC+14."""
    if re.fullmatch('[0-9]{4}-(0[1-9]|1[0-2])', period) is None or not '1970-01' <= period <= '9998-12':
        return False
    return until % SLOT == 0 and -14 * HOUR <= until - begins(next_month(period)) <= 12 * HOUR
