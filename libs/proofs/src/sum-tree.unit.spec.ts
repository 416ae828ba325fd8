import { createHash, createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { flipBit } from './given.spec.js';
import type { LiabilitiesHead } from './ledger-head.js';
import { liabilityProofFromJson, liabilityProofToJson } from './liability-proof.js';
import {
  MAX_SUM,
  SumTree,
  verifyLiability,
  type Liability,
  type LiabilityProof,
  type SumNode,
} from './sum-tree.js';

const secret = Buffer.alloc(32, 0x5e);
const owed = (count: number): Liability[] =>
  Array.from({ length: count }, (_, index) => ({ account: `wallet:${index}`, balance: BigInt(index * 100) }));

function proofOf(tree: SumTree, account: string): LiabilityProof {
  const proof = tree.prove(account);
  if (proof === undefined) throw new Error(`${account} is not in the tree`);
  return proof;
}

/** Folds nodes pairwise as the definition says, with hashing of its own. */
function naiveHead(liabilities: readonly Liability[]): { root: Buffer; total: bigint } {
  const number = (value: bigint, bytes: number): Buffer =>
    Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');
  const hashOf = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  let nodes = liabilities
    .map(({ account, balance }) => {
      const salt = createHmac('sha256', secret).update(account).digest();
      const id = Buffer.from(account);
      const hash = hashOf(Buffer.of(0), salt, number(BigInt(id.length), 2), id, number(balance, 8));
      return { hash, sum: balance };
    })
    .sort((a, b) => Buffer.compare(a.hash, b.hash));
  while (nodes.length > 1) {
    nodes = Array.from({ length: Math.ceil(nodes.length / 2) }, (_, at) => {
      const [left, right] = nodes.slice(at * 2) as [SumNode, SumNode?];
      if (right === undefined) return left;
      const hash = hashOf(Buffer.of(1), left.hash, number(left.sum, 8), right.hash, number(right.sum, 8));
      return { hash, sum: left.sum + right.sum };
    });
  }
  return { root: nodes[0]?.hash ?? createHash('sha256').digest(), total: nodes[0]?.sum ?? 0n };
}

describe('a sum tree', () => {
  it('has the root and the total of the definition, and a proof for everybody, at every size', () => {
    for (let count = 0; count <= 40; count++) {
      const liabilities = owed(count);
      const tree = SumTree.of(liabilities, secret);
      expect(tree.head).toEqual({ ...naiveHead(liabilities), count });
      for (const { account, balance } of liabilities) {
        const proof = proofOf(tree, account);
        expect(proof.balance).toBe(balance);
        expect(verifyLiability(proof, tree.head)).toBe(true);
      }
      expect(tree.prove('wallet:nobody')).toBeUndefined();
    }
  });

  it('does not depend on the order in which accounts come', () => {
    expect(SumTree.of(owed(33).toReversed(), secret).head).toEqual(SumTree.of(owed(33), secret).head);
  });

  it('puts accounts in another order with another secret', () => {
    const orders = [secret, Buffer.alloc(32, 0x5f)].map((one) => {
      const tree = SumTree.of(owed(33), one);
      return owed(33).map(({ account }) => proofOf(tree, account).index);
    });
    expect(orders[0]).not.toEqual(orders[1]);
    expect(orders.map((order) => order.toSorted((a, b) => a - b))).toEqual([
      [...Array(33).keys()],
      [...Array(33).keys()],
    ]);
  });

  it('is not built over what cannot be owed', () => {
    const build = (...liabilities: Liability[]) => SumTree.of(liabilities, secret);
    const anna = { account: 'wallet:anna', balance: 1n };
    expect(() => build({ ...anna, balance: -1n })).toThrow('a balance of -1 cannot be owed');
    expect(() => build({ ...anna, balance: MAX_SUM + 1n })).toThrow(RangeError);
    expect(() => build(anna, { account: 'wallet:bruno', balance: MAX_SUM })).toThrow(
      'beyond what can be proved',
    );
    expect(() => build(anna, anna)).toThrow('an account is there twice');
    for (const account of ['', '\ud800', 'a'.repeat(1_025)]) {
      expect(() => build({ ...anna, account })).toThrow('not the id of an account');
    }
    for (const wrong of [secret.subarray(1), Buffer.alloc(33)]) {
      expect(() => SumTree.of([anna], wrong)).toThrow('a secret of 32 bytes is needed');
    }
    expect(build({ ...anna, balance: MAX_SUM }).head.total).toBe(MAX_SUM);
  });

  it('takes ids of every length up to 1 KiB, in any script', () => {
    const accounts = ['a', 'ciò', '財布', 'b'.repeat(1_024), 'è'.repeat(512)];
    const liabilities = accounts.map((account) => ({ account, balance: 7n }));
    const tree = SumTree.of(liabilities, secret);
    expect(tree.head).toEqual({ ...naiveHead(liabilities), count: 5 });
    for (const account of accounts) expect(verifyLiability(proofOf(tree, account), tree.head)).toBe(true);
  });

  it('is the same in slices, and gives way between them', async () => {
    const liabilities = owed(10_000);
    let pauses = 0;
    const pause = (): Promise<void> => Promise.resolve(void (pauses += 1));
    const sliced = await SumTree.inSlices(liabilities, secret, pause);
    const tree = SumTree.of(liabilities, secret);
    expect(sliced.head).toEqual(tree.head);
    expect(sliced.head).toEqual({ ...naiveHead(liabilities), count: 10_000 });
    for (const account of ['wallet:0', 'wallet:9999'])
      expect(sliced.prove(account)).toEqual(tree.prove(account));
    expect(pauses).toBeGreaterThan(20);
    const stopped = SumTree.inSlices(liabilities, secret, () => Promise.reject(new Error('stopped')));
    await expect(stopped).rejects.toThrow('stopped');
  });

  it('does not show its secret', () => {
    const printed = inspect(SumTree.of(owed(3), secret), { depth: 9, showHidden: true });
    expect(printed).not.toMatch(/5e ?5e|94, 94/);
  });
});

describe('a proof of liability', () => {
  const tree = SumTree.of(owed(21), secret);
  const { head } = tree;
  const proofs = owed(21).map(({ account }) => proofOf(tree, account));
  const refuses = (proof: LiabilityProof, of: LiabilitiesHead = head): void =>
    expect(verifyLiability(proof, of)).toBe(false);

  it('fails for another balance, account, salt or place', () => {
    for (const proof of proofs) {
      refuses({ ...proof, balance: proof.balance + 1n });
      refuses({ ...proof, balance: -proof.balance - 1n });
      refuses({ ...proof, account: 'wallet:100' });
      refuses({ ...proof, salt: flipBit(proof.salt) });
      refuses({ ...proof, salt: (proofs.find(({ salt }) => salt !== proof.salt) as LiabilityProof).salt });
      for (let index = 0; index < 25; index++) if (index !== proof.index) refuses({ ...proof, index });
    }
  });

  it('fails with the sum of any neighbour lowered, raised, negative or too large', () => {
    for (const proof of proofs) {
      proof.siblings.forEach((node, at) => {
        const sums = [
          node.sum - 1n,
          node.sum + 1n,
          -node.sum - 1n,
          MAX_SUM,
          MAX_SUM + 1n,
          node.sum + 2n ** 64n,
        ];
        for (const sum of sums) refuses({ ...proof, siblings: proof.siblings.with(at, { ...node, sum }) });
      });
    }
  });

  it('fails with any neighbour changed, dropped, added or moved', () => {
    for (const proof of proofs) {
      const { siblings } = proof;
      const extra = { hash: Buffer.alloc(32), sum: 0n };
      siblings.forEach((node, at) => {
        refuses({ ...proof, siblings: siblings.with(at, { ...node, hash: flipBit(node.hash, 31) }) });
        refuses({ ...proof, siblings: siblings.toSpliced(at, 1) });
        if (at > 0) refuses({ ...proof, siblings: siblings.toSpliced(at, 1).toSpliced(at - 1, 0, node) });
      });
      [...siblings, extra].forEach((_, at) => {
        refuses({ ...proof, siblings: siblings.toSpliced(at, 0, extra) });
      });
    }
  });

  it('fails when sides are swapped', () => {
    const tree2 = SumTree.of(owed(2), secret);
    const proof = proofOf(tree2, 'wallet:1');
    expect(verifyLiability(proof, tree2.head)).toBe(true);
    refuses({ ...proof, index: 1 - proof.index }, tree2.head);
  });

  it('fails for another root, total or number of accounts', () => {
    for (const proof of proofs) {
      refuses(proof, { ...head, root: flipBit(head.root) });
      refuses(proof, { ...head, total: head.total - 1n });
      refuses(proof, { ...head, count: proof.index });
      refuses(proof, { ...head, count: 64 });
    }
  });

  it('finds a tree whose builder hid a debt behind a negative sum', () => {
    const sumHash = (left: SumNode, right: SumNode): Buffer => {
      const bytes = Buffer.alloc(81, 1);
      [left, right].forEach(({ hash, sum }, at) => {
        bytes.set(hash, 1 + at * 40);
        bytes.writeBigUInt64BE(BigInt.asUintN(64, sum), 33 + at * 40);
      });
      return createHash('sha256').update(bytes).digest();
    };
    const honest = SumTree.of([{ account: 'wallet:anna', balance: 500n }], secret);
    const anna: SumNode = { hash: honest.head.root, sum: 500n };
    const ghost: SumNode = { hash: Buffer.alloc(32, 7), sum: -400n };
    const proof = { ...proofOf(honest, 'wallet:anna'), siblings: [ghost] };
    refuses(proof, { root: sumHash(anna, ghost), total: 100n, count: 2 });
    const wrapped = { ...ghost, sum: 2n ** 64n - 400n };
    refuses({ ...proof, siblings: [wrapped] }, { root: sumHash(anna, wrapped), total: 100n, count: 2 });
    const debt = { ...ghost, sum: 400n };
    const good = { root: sumHash(anna, debt), total: 900n, count: 2 };
    expect(verifyLiability({ ...proof, siblings: [debt] }, good)).toBe(true);
  });

  it('is never an error, whatever the fields hold', () => {
    const proof = proofs[0] as LiabilityProof;
    const garbage: unknown[] = [
      undefined,
      null,
      -1,
      0.5,
      NaN,
      '1',
      {},
      [],
      [null],
      [{}],
      [[]],
      Buffer.alloc(31),
    ];
    for (const value of garbage) {
      for (const field of ['account', 'balance', 'salt', 'index', 'siblings']) {
        if (field === 'account' && value === '1') continue;
        refuses({ ...proof, [field]: value });
      }
      for (const field of ['root', 'total', 'count']) {
        refuses(proof, { ...head, [field]: value });
      }
    }
    const endless = Array.from({ length: 100 }, () => ({ hash: Buffer.alloc(32), sum: 0n }));
    refuses({ ...proof, siblings: endless }, { ...head, count: Number.MAX_SAFE_INTEGER });
  });

  it('goes through JSON unchanged', () => {
    for (const proof of proofs) {
      const json = JSON.stringify(liabilityProofToJson(proof));
      expect(liabilityProofFromJson(JSON.parse(json))).toEqual(proof);
    }
  });

  const json = liabilityProofToJson(proofs[0] as LiabilityProof);
  it.each<[unknown]>([
    [null],
    ['proof'],
    [{ ...json, account: 7 }],
    [{ ...json, balance: 100 }],
    [{ ...json, balance: '-1' }],
    [{ ...json, balance: '01' }],
    [{ ...json, balance: '1'.repeat(20) }],
    [{ ...json, salt: 'a' }],
    [{ ...json, salt: 7 }],
    [{ ...json, index: '0' }],
    [{ ...json, siblings: {} }],
    [{ ...json, siblings: [null] }],
    [{ ...json, siblings: [{ hash: json.salt.slice(4), sum: '0' }] }],
    [{ ...json, siblings: [{ hash: json.salt, sum: 0 }] }],
  ])('is not read from other JSON: %#', (other) => {
    expect(() => liabilityProofFromJson(other)).toThrow(expect.objectContaining({ name: 'Malformed' }));
  });
});
