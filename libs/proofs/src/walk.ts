/** The way from a node to the root, beside the way of the tree's last node: `fn` and `sn` of RFC 9162. */
export class Walk {
  constructor(
    private node: number,
    private last: number,
  ) {}

  get atRoot(): boolean {
    return this.last === 0;
  }

  get isRightChild(): boolean {
    return this.node % 2 === 1;
  }

  /** Whether the next sibling is on the left; passes the levels where the last node has no sibling at all. */
  siblingIsLeft(): boolean {
    if (!this.isRightChild && this.node !== this.last) return false;
    while (!this.isRightChild && this.node !== 0) this.up();
    return true;
  }

  up(): void {
    this.node = Math.floor(this.node / 2);
    this.last = Math.floor(this.last / 2);
  }
}
