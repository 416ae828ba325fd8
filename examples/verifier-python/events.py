"""The form of events: docs/audit-export.md, "Events"."""

import re

from fault import Fault

SAFE = 2**53 - 1
CLASSES = ('asset', 'liability', 'equity', 'income', 'expense')
CODES = (
    'insufficient_funds account_unknown currency_mismatch entry_invalid account_frozen account_closed account_not_empty hold_unknown '
    'hold_expired hold_exceeded period_closed period_invalid entry_unknown entry_reversed asset_invalid reserve_exceeded'
).split()


def string(value):
    return isinstance(value, str)


def boolean(value):
    return isinstance(value, bool)


def integer(value):
    return isinstance(value, int) and not isinstance(value, bool) and -SAFE <= value <= SAFE


def count(value):
    return integer(value) and value >= 0


def or_null(check):
    return lambda value: value is None or check(value)


def one_of(*values):
    return lambda value: isinstance(value, str) and value in values


def pattern(expression):
    compiled = re.compile(expression)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def list_of(check):
    return lambda value: isinstance(value, list) and all(check(one) for one in value)


def record(fields, optional=()):
    """An object with exactly these fields, of which those of `optional` may be missing."""
    required = fields.keys() - set(optional)

    def check(value):
        return (
            isinstance(value, dict)
            and required <= value.keys() <= fields.keys()
            and all(fields[name](one) for name, one in value.items())
        )

    return check


time = amount_from_zero = count
amount = integer
reference = pattern('[!-~]{0,64}')
kind = pattern('[a-z][a-z0-9-]{0,31}')
asked = {'commandId': string, 'reference': reference, 'recordedAt': time}
labels = {'kind': kind, 'reference': reference}
METADATA = ('channel', 'disputeId', 'orderId', 'paymentId', 'payoutId', 'reason')

entry_of_1 = {
    'entryId': string,
    **labels,
    'currency': string,
    'postings': list_of(record({'account': string, 'amount': amount})),
    'recordedAt': time,
}
entry = {
    **entry_of_1,
    'effectiveAt': time,
    'metadata': record(dict.fromkeys(METADATA, string), METADATA),
    'capture': record({'holdId': string, 'final': boolean}),
    'reverses': record({'entryId': string, 'revision': count}),
}
account = {
    'id': pattern('[a-z]+:[a-z0-9-]{1,64}'),
    'owner': or_null(pattern('[A-Za-z0-9-]{1,64}')),
    'class': one_of(*CLASSES),
    'chart': pattern('[0-9]{4}'),
    'currency': pattern('[A-Z][A-Z0-9]{2,11}'),
    'floor': or_null(lambda value: amount(value) and value <= 0),
    'testMoney': boolean,
    'recordedAt': time,
}
total = record({'currency': string, 'class': one_of(*CLASSES), 'debits': amount, 'credits': amount})

SHAPES = {
    'LedgerCreated': record({'ledger': string, 'currency': pattern('[A-Z]{3}'), 'recordedAt': time}),
    'AccountOpened': record(account),
    'EntryPosted': record(entry, ('metadata', 'capture', 'reverses')),
    'EntryRejected': record({'entryId': string, **labels, 'code': one_of(*CODES), 'recordedAt': time}),
    'HoldPlaced': record(
        {'holdId': string, **labels, 'account': string, 'currency': string, 'amount': amount, 'expiresAt': time, 'recordedAt': time}
    ),
    'HoldExtended': record({**asked, 'holdId': string, 'expiresAt': time}),
    'HoldReleased': record({**asked, 'holdId': string}),
    'HoldExpired': record({'holdId': string, 'recordedAt': time}),
    'AccountFrozen': record({**asked, 'account': string, 'frozen': one_of('in', 'out', 'both')}),
    'AccountUnfrozen': record({**asked, 'account': string}),
    'AccountClosed': record({**asked, 'account': string}),
    'PeriodClosed': record(
        {**asked, 'period': string, 'from': time, 'until': time, 'entries': count, 'totals': list_of(total)}
    ),
    'AssetDefined': record(
        {**asked, 'code': string, 'scale': count, 'issuer': string, 'reserve': string, 'backing': amount}
    ),
}
SHAPES_OF_1 = {
    **{name: SHAPES[name] for name in ('LedgerCreated', 'AccountOpened', 'EntryRejected')},
    'EntryPosted': record(entry_of_1),
}
METADATA_VALUE = re.compile('[!-~]{1,64}')


def read(schema, name, data):
    """The data of an event of any version, in the form of the present one."""
    if not integer(schema) or schema not in (1, 2):
        raise Fault('schema_unknown', f'version {schema!r} is not known')
    shapes = SHAPES_OF_1 if schema == 1 else SHAPES
    if name not in shapes:
        raise Fault('event_unknown', f'{name!r} is not a type of event of version {schema}')
    if not shapes[name](data):
        raise Fault('event_malformed', f'the data are not those of {name}')
    if name == 'EntryPosted':
        _entry(data)
        if schema == 1:
            return {**data, 'effectiveAt': data['recordedAt']}
    return data


def _entry(data):
    postings = data['postings']
    if not 2 <= len(postings) <= 100:
        raise Fault('entry_invalid', f'an entry of {len(postings)} postings')
    if any(posting['amount'] == 0 for posting in postings):
        raise Fault('entry_invalid', 'a posting of zero')
    if (found := sum(posting['amount'] for posting in postings)) != 0:
        raise Fault('entry_invalid', f'the postings sum to {found}, expected 0')
    if len({posting['account'] for posting in postings}) < len(postings):
        raise Fault('entry_invalid', 'an account occurs twice')
    if 'metadata' in data:
        values = data['metadata'].values()
        if not values or not all(METADATA_VALUE.fullmatch(value) for value in values):
            raise Fault('entry_invalid', 'metadata of an entry are opaque ids of 1 to 64 characters')
