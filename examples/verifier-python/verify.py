#!/usr/bin/env python3
"""Verifies a sealed export of a ledger, written from docs/audit-export.md alone.

    python3 verify.py it-eur.ndjson.gz [more parts] --key '<public key>' [--key ...] | --unsigned [--json]

Exit code 0: all is well. 1: a fault, of which the first is named. 2: wrong use.
"""

import argparse
import hashlib
import json
import re
import sys
import zlib

import events
import notes
import rules
from fault import Fault

MAX_LINE = 1024 * 1024
CHUNK = 256 * 1024
FORMAT = 'florin-ledger-export/1'
KINDS = {'{"data":': 'event', '{"checkpoint":': 'checkpoint', '{"header":': 'header', '{"end":': 'end'}
HASH = re.compile('[0-9a-f]{64}')
LEDGER = re.compile('[a-z]{2}-[a-z]{3}(-([2-9]|[1-9][0-9]{1,3}))?')
HEADER = {'currency', 'format', 'from', 'ledger', 'origin', 'to'}
END = {'checkpoints', 'entries', 'events', 'hash', 'revision'}
EVENT = {'data', 'ledger', 'prev', 'revision', 'schema', 'type'}


def bytes_of(path):
    """The bytes of a file, or of the gzip members in it; as much as is left of one that was cut off."""
    with open(path, 'rb') as file:
        chunk = file.read(CHUNK)
        if not chunk.startswith(b'\x1f\x8b'):
            while chunk:
                yield chunk
                chunk = file.read(CHUNK)
            return
        member = zlib.decompressobj(31)
        while chunk:
            try:
                yield member.decompress(chunk)
            except zlib.error as error:
                raise Fault('file_damaged', f'the gzip data are damaged: {error}') from None
            rest = member.unused_data
            if member.eof and rest.strip(b'\0'):
                member, chunk = zlib.decompressobj(31), rest
            else:
                chunk = file.read(CHUNK)
                if member.eof and chunk:
                    member = zlib.decompressobj(31)


def lines_of(path):
    """Lines as bytes, without their line feeds."""
    left = b''
    for data in bytes_of(path):
        *lines, left = (left + data).split(b'\n')
        for line in lines:
            if len(line) > MAX_LINE:
                raise Fault('line_too_long', f'a line has more than {MAX_LINE} bytes')
            yield line
        if len(left) > MAX_LINE:
            raise Fault('line_too_long', f'a line has more than {MAX_LINE} bytes')
    if left:
        raise Fault('truncated', 'the last line does not end with a line feed')


def canonical(value):
    """The one form of a value by RFC 8785, for what an export may hold. Raises ValueError for anything else."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        if abs(value) > events.SAFE:
            raise ValueError('a number beyond 2^53 - 1')
        return str(value)
    if isinstance(value, str):
        value.encode('utf-8')
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return '[' + ','.join(map(canonical, value)) + ']'
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode('utf-16-be', 'surrogatepass'))
        return '{' + ','.join(f'{canonical(key)}:{canonical(value[key])}' for key in keys) + '}'
    raise ValueError('a number that is no integer')


def parsed(line):
    try:
        text = line.decode('utf-8')
        value = json.loads(text)
        if canonical(value) == text:
            return text, value
    except (ValueError, RecursionError) as error:
        raise Fault('line_malformed', f'the line cannot be read: {error}') from None
    raise Fault('line_malformed', 'the line is not in the form of RFC 8785')


class Tree:
    """A growing Merkle tree: the roots of its complete subtrees, the largest first."""

    def __init__(self, size=0, roots=()):
        widths = [1 << bit for bit in range(size.bit_length() - 1, -1, -1) if size >> bit & 1]
        self.subtrees = list(zip(widths, roots))

    def append(self, line):
        node, width = hashlib.sha256(b'\0' + line).digest(), 1
        while self.subtrees and self.subtrees[-1][0] == width:
            node, width = join(self.subtrees.pop()[1], node), 2 * width
        self.subtrees.append((width, node))

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b'').digest()
        *before, (_, root) = self.subtrees
        for _, left in reversed(before):
            root = join(left, root)
        return root


def join(left, right):
    return hashlib.sha256(b'\1' + left + right).digest()


def is_hash(value):
    return isinstance(value, str) and HASH.fullmatch(value) is not None


def require(right, code, detail):
    if not right:
        raise Fault(code, detail)


class Verifier:
    """Takes in line after line of one file or of several parts."""

    def __init__(self, keys):
        self.keys = keys
        self.file, self.line = '', 0
        self.first = self.header = self.ledger = None
        self.revision, self.hash, self.tree = -1, '0' * 64, Tree()
        self.events = self.entries = self.checkpoints = self.covered = 0
        self.ended = False
        self.signers, self.reversals = set(), []

    def read(self, path):
        self.file, self.line = path, 0
        self.header, self.ended = None, False
        self.counts = dict.fromkeys(('checkpoints', 'entries', 'events'), 0)
        lines = lines_of(path)
        while True:
            self.line += 1
            line = next(lines, None)
            if line is None:
                break
            self.take(line)
        require(self.ended, 'truncated', 'the export was cut off: it has no line with its end')

    def take(self, line):
        text, value = parsed(line)
        kind = next((kind for beginning, kind in KINDS.items() if text.startswith(beginning)), None)
        require(not self.ended, 'line_after_end', 'there is a line after the end')
        if self.header is None:
            require(kind == 'header', 'header_malformed', 'the first line is not a header')
            self.begin(value)
        elif kind in ('event', 'checkpoint', 'end'):
            getattr(self, kind)(value, line)
        else:
            raise Fault('line_malformed', 'neither an event nor a checkpoint nor the end')

    def begin(self, value):
        header = value['header']
        require(value.keys() == {'header'} and isinstance(header, dict), 'header_malformed', 'not just a header')
        first, last = header.get('from'), header.get('to')
        require(header.get('format') == FORMAT, 'header_malformed', f'the format is not {FORMAT}')
        require(events.count(first) and events.count(last) and first <= last, 'header_malformed', 'no range of revisions')
        fields = HEADER if first == 0 else HEADER | {'before'}
        require(header.keys() == fields, 'header_malformed', f'the fields are not {sorted(fields)}')
        ledger, currency, origin = header['ledger'], header['currency'], header['origin']
        require(isinstance(ledger, str) and LEDGER.fullmatch(ledger), 'header_malformed', 'no ledger')
        require(isinstance(currency, str) and re.fullmatch('[A-Z]{3}', currency), 'header_malformed', 'no currency')
        named = origin is None or (isinstance(origin, str) and origin.endswith(f'/{ledger}'))
        require(named, 'header_malformed', f'the origin does not end in /{ledger}')
        before = self.before(header, first)
        tree = Tree(first, [bytes.fromhex(root) for root in before['roots']])
        self.header = header
        if self.first is not None:
            own = (self.first['ledger'], self.first['currency'])
            require((ledger, currency) == own, 'part_foreign', f'it is of {ledger} in {currency}, expected {own}')
            fits = first == self.revision + 1 and before['hash'] == self.hash and tree.root() == self.tree.root()
            require(fits, 'part_gap', f'it begins at {first}, expected {self.revision + 1} after {self.hash}')
            return
        self.first, self.tree = header, tree
        self.ledger = rules.Ledger(ledger, currency) if first == 0 else rules.Part(ledger, currency)
        self.revision, self.hash, self.covered = first - 1, before['hash'], first

    @staticmethod
    def before(header, first):
        if first == 0:
            return {'hash': '0' * 64, 'roots': []}
        before = header['before']
        right = isinstance(before, dict) and before.keys() == {'hash', 'roots'} and is_hash(before['hash'])
        right = right and isinstance(before['roots'], list) and all(map(is_hash, before['roots']))
        require(right and len(before['roots']) == bin(first).count('1'), 'header_malformed', 'before is not a hash and roots')
        return before

    def event(self, value, line):
        due = self.revision + 1
        require(value.keys() == EVENT and isinstance(value['type'], str), 'event_malformed', f'the fields are not {sorted(EVENT)}')
        name, revision = value['type'], value['revision']
        require(events.integer(revision) and revision == due, 'revision_gap', f'revision {revision!r}, expected {due}')
        ledger = self.header['ledger']
        require(value['ledger'] == ledger, 'ledger_foreign', f'the event is of {value["ledger"]!r}, expected {ledger}')
        require(value['prev'] == self.hash, 'chain_broken', f'the event follows {value["prev"]!r}, expected {self.hash}')
        data = events.read(value['schema'], name, value['data'])
        self.ledger.take(due, name, data)
        self.revision, self.hash = due, hashlib.sha256(line).hexdigest()
        self.tree.append(line)
        self.events += 1
        self.counts['events'] += 1
        if name == 'EntryPosted':
            self.entries += 1
            self.counts['entries'] += 1
            if 'reverses' in data:
                self.reversals.append((self.file, self.line, due, data))

    def checkpoint(self, value, _line):
        note = value['checkpoint']
        require(value.keys() == {'checkpoint'} and isinstance(note, str), 'line_malformed', 'a checkpoint is a note')
        text, signers = notes.verified(note, self.keys)
        found, size, origin = notes.Checkpoint(text), self.revision + 1, self.header['origin']
        require(found.origin == origin, 'checkpoint_foreign', f'it is of {found.origin}, expected {origin}')
        own = self.keys is None or any(key.type == notes.PLAIN and key.name == origin for key in signers)
        require(own, 'checkpoint_unsigned', f'no known key of {origin} has signed')
        require(found.size == size, 'checkpoint_misplaced', f'it covers {found.size} events, expected {size}')
        root = self.tree.root()
        require(found.root == root, 'root_differs', f'its root is {found.root.hex()}, expected {root.hex()}')
        require(found.chain == self.hash, 'chain_differs', f'its chain hash is {found.chain}, expected {self.hash}')
        if self.ledger.totals is not None:
            self.check_totals(found.totals)
            owed, said = self.ledger.owed, found.liabilities
            require(said in (None, owed), 'liabilities_differ', f'it says that (total, accounts) {said} are owed, expected {owed}')
        self.signers.update(f'{key.name}+{key.id}' for key in signers)
        self.covered = size
        self.checkpoints += 1
        self.counts['checkpoints'] += 1

    def check_totals(self, found):
        totals = self.ledger.totals
        for key in totals.keys() | found.keys():
            due, said = tuple(totals.get(key, (0, 0))), found.get(key, (0, 0))
            require(due == said, 'totals_differ', f'the total of {key} is {said}, expected {due}')

    def end(self, value, _line):
        end = value['end']
        right = value.keys() == {'end'} and isinstance(end, dict) and end.keys() == END and is_hash(end['hash'])
        right = right and all(events.count(end[name]) for name in END - {'hash'})
        require(right, 'line_malformed', 'not just an end')
        for name, found in {**self.counts, 'hash': self.hash, 'revision': self.revision}.items():
            require(end[name] == found, 'end_differs', f'the end says {name} {end[name]}, expected {found}')
        require(self.header['to'] == self.revision, 'end_differs', f'the header ends at {self.header["to"]}')
        self.ended = True

    def finish(self):
        signed = self.keys is None or self.covered == self.revision + 1
        require(signed, 'checkpoint_missing', f'no checkpoint covers the revisions {self.covered} to {self.revision}')


def mirror_fault(paths, reversals):
    """The first reversal that does not mirror its entry, by a second reading: (file, line, revision, detail)."""
    wanted = {data['reverses']['revision'] for _, _, _, data in reversals}
    found, revision = {}, -1
    for line in (line for path in paths for line in lines_of(path) if line.startswith(b'{"data":')):
        revision += 1
        if revision in wanted:
            found[revision] = json.loads(line)
            if len(found) == len(wanted):
                break
    for file, line, at, data in reversals:
        original = found[data['reverses']['revision']]
        entry = original['data']
        if original['type'] != 'EntryPosted' or entry['entryId'] != data['reverses']['entryId']:
            return file, line, at, 'the revision is not the entry that it reverses'
        turned = [{'account': one['account'], 'amount': -one['amount']} for one in entry['postings']]
        if 'reverses' in entry or entry['currency'] != data['currency'] or turned != data['postings']:
            return file, line, at, 'it does not mirror the entry that it reverses'
    return None


def verify(paths, keys):
    """Verifies an export, whose parts are in order. Answers what it says, and `finding`: the first fault or None."""
    verifier, finding = Verifier(keys), None
    try:
        for path in paths:
            verifier.read(path)
    except Fault as fault:
        finding = (verifier.file, verifier.line, verifier.revision + 1, fault.code, fault.detail)
    else:
        try:
            verifier.finish()
        except Fault as fault:
            finding = (verifier.file, verifier.line, verifier.covered, fault.code, fault.detail)
    whole = verifier.first is not None and verifier.first['from'] == 0
    if whole and verifier.reversals:
        differing = mirror_fault(paths, verifier.reversals)
        if differing is not None:
            finding = (*differing[:3], 'reversal_differs', differing[3])
    return {
        'verified': finding is None,
        'ledger': verifier.first and verifier.first['ledger'],
        'currency': verifier.first and verifier.first['currency'],
        'whole': whole,
        'head': {'revision': verifier.revision, 'hash': verifier.hash},
        'events': verifier.events,
        'entries': verifier.entries,
        'checkpoints': verifier.checkpoints,
        'signers': sorted(verifier.signers),
        'finding': finding and dict(zip(('file', 'line', 'revision', 'code', 'detail'), finding)),
    }


def main(arguments):
    parser = argparse.ArgumentParser(description='Verifies a sealed export of a ledger: docs/audit-export.md')
    parser.add_argument('files', nargs='+', help='the export, or its parts in order')
    signed = parser.add_mutually_exclusive_group(required=True)
    signed.add_argument('--key', action='append', help='a public key of the ledger or of a witness; once per key')
    signed.add_argument('--unsigned', action='store_true', help='look at no signature')
    parser.add_argument('--json', action='store_true')
    options = parser.parse_args(arguments)
    try:
        report = verify(options.files, None if options.unsigned else [notes.Key(key) for key in options.key])
    except (OSError, ValueError) as error:
        parser.error(str(error))
    finding = report['finding']
    if options.json:
        print(json.dumps(report))
    elif finding is None:
        print(f'{report["ledger"]}: verified, {report["events"]} events up to revision {report["head"]["revision"]}, head {report["head"]["hash"]}')
    if finding is not None:
        place = f'Line {finding["line"]} of {finding["file"]}, revision {finding["revision"]},'
        print(f'{place} is wrong ({finding["code"]}): {finding["detail"]}', file=sys.stderr)
    return 0 if finding is None else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
