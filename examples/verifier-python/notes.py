"""Signed notes and checkpoints: docs/audit-export.md, "Checkpoints"."""

import base64
import binascii
import hashlib
import re
from datetime import datetime

import ed25519
from fault import Fault

MAX_NOTE_BYTES = 256 * 1024
MAX_SIGNATURES = 100
PLAIN, WITNESS = 0x01, 0x04
NAME = re.compile(r'[^\s\x00-\x1f\x7f-\x9f+]{1,255}')
CONTROL = re.compile(r'[\x00-\x09\x0b-\x1f]')


def _base64(text):
    """Bytes of base64 in its one form; None for anything else."""
    try:
        data = base64.b64decode(text.encode('ascii'), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if base64.b64encode(data).decode() == text else None


class Key:
    """A public key, written name+id+base64(type, 32 bytes). Raises ValueError for anything else."""

    def __init__(self, encoded):
        name, _, rest = encoded.partition('+')
        key_id, _, encoded_key = rest.partition('+')
        typed = _base64(encoded_key)
        if NAME.fullmatch(name) is None or typed is None or len(typed) != 33 or typed[0] not in (PLAIN, WITNESS):
            raise ValueError('a public key is written name+id+base64')
        digest = hashlib.sha256(name.encode() + b'\n' + typed).digest()
        if digest[:4].hex() != key_id:
            raise ValueError('the id is not that of the key')
        self.name, self.id, self.type, self.public = name, key_id, typed[0], typed[1:]

    def has_signed(self, text, signature):
        if self.type == PLAIN:
            return ed25519.verify(self.public, text.encode(), signature)
        time, cosignature = signature[:8], signature[8:]
        seconds = int.from_bytes(time, 'big')
        return len(signature) > 8 and ed25519.verify(
            self.public, f'cosignature/v1\ntime {seconds}\n{text}'.encode(), cosignature
        )


def read_note(note):
    """The text and the signatures (name, id, bytes) of a note, none of them verified."""
    if len(note.encode('utf-8', 'surrogatepass')) > MAX_NOTE_BYTES or CONTROL.search(note):
        raise Fault('checkpoint_malformed', 'the note is not a text of lines of at most 256 KiB')
    end = note.rfind('\n\n')
    if end < 0 or not note.endswith('\n'):
        raise Fault('checkpoint_malformed', 'the note has no empty line before the signatures, or no line feed at its end')
    lines = note[end + 2 : -1].split('\n')
    if len(lines) > MAX_SIGNATURES:
        raise Fault('checkpoint_malformed', f'the note has more than {MAX_SIGNATURES} signatures')
    return note[: end + 1], [_signature(line) for line in lines]


def _signature(line):
    name, _, encoded = line[2:].partition(' ')
    data = _base64(encoded)
    if not line.startswith('\u2014 ') or NAME.fullmatch(name) is None or data is None or len(data) <= 4:
        raise Fault('checkpoint_malformed', 'not the line of a signature')
    return name, data[:4].hex(), data[4:]


def verified(note, keys):
    """The text of a note and the known keys that have signed it; `keys` None: signatures are not looked at."""
    text, signatures = read_note(note)
    if keys is None:
        return text, []
    signers = []
    for name, key_id, data in signatures:
        known = [key for key in keys if key.name == name and key.id == key_id]
        if not known:
            continue
        signer = next((key for key in known if key.has_signed(text, data)), None)
        if signer is None:
            raise Fault('signature_invalid', f'the signature of {name}+{key_id} is wrong')
        signers.append(signer)
    if not signers:
        raise Fault('checkpoint_unsigned', 'no known key has signed')
    return text, signers


SIZE = re.compile(r'0|[1-9][0-9]{0,18}')
AMOUNT = re.compile(r'0|[1-9][0-9]{0,29}')
HEX = re.compile(r'[0-9a-f]{64}')
TIME = re.compile(r'[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z')
LINES = ['chain', 'time', 'total', 'liabilities']


class Checkpoint:
    """What the text of a checkpoint says."""

    def __init__(self, text):
        lines = text[:-1].split('\n')
        if len(lines) < 3 or '' in lines or len(lines) > 1003:
            raise _malformed('takes an origin, a size, a root and lines that are not empty')
        self.origin, size, root, *extensions = lines
        decoded = _base64(root)
        if SIZE.fullmatch(size) is None or int(size) >= 2**63 or decoded is None or len(decoded) != 32:
            raise _malformed('takes a size and a root of 32 bytes in base64')
        self.size, self.root = int(size), decoded
        known = [line.split(' ') for line in extensions if line.split(' ')[0] in LINES]
        order = [LINES.index(parts[0]) for parts in known]
        names = [parts[0] for parts in known]
        if order != sorted(order) or names.count('chain') != 1 or names.count('time') != 1 or names.count('liabilities') > 1:
            raise _malformed('takes chain, time, total and liabilities in this order, the first two just once')
        self.totals, self.liabilities = {}, None
        previous = ''
        for parts in known:
            getattr(self, f'_{parts[0]}')(*self._exactly(parts))
            if parts[0] == 'total':
                key = f'{parts[1]} {parts[2]}'
                if key <= previous:
                    raise _malformed('totals out of order')
                previous = key

    @staticmethod
    def _exactly(parts):
        if len(parts) != {'chain': 2, 'time': 2, 'total': 5, 'liabilities': 4}[parts[0]]:
            raise _malformed(f'a line of {parts[0]} has other fields')
        return parts[1:]

    def _chain(self, chain):
        if HEX.fullmatch(chain) is None:
            raise _malformed('chain takes a hash in hex')
        self.chain = chain

    def _time(self, time):
        try:
            if TIME.fullmatch(time) is None:
                raise ValueError
            datetime.fromisoformat(time[:-1])
        except ValueError:
            raise _malformed('time takes RFC 3339 in UTC with ms') from None

    def _total(self, currency, account_class, debits, credits):
        right = re.fullmatch('[A-Z][A-Z0-9]{2,11}', currency) and re.fullmatch('[a-z][a-z-]{0,31}', account_class)
        if not right or AMOUNT.fullmatch(debits) is None or AMOUNT.fullmatch(credits) is None:
            raise _malformed('total takes a currency, a class, debits and credits')
        self.totals[currency, account_class] = (int(debits), int(credits))

    def _liabilities(self, root, total, count):
        decoded = _base64(root)
        numbers = AMOUNT.fullmatch(total) and AMOUNT.fullmatch(count)
        if decoded is None or len(decoded) != 32 or not numbers or int(count) > 2**53 - 1:
            raise _malformed('liabilities takes a root, a total and a number of accounts')
        self.liabilities = [int(total), int(count)]


def _malformed(what):
    return Fault('checkpoint_malformed', f'checkpoint: {what}')
