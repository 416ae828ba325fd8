/** What the demo prints: a story for people, with each check and whether it held. */
export class Transcript {
  failures = 0;
  private readonly startedAt = performance.now();

  chapter(title: string): void {
    console.log(`\n${title}`);
  }

  say(line: string): void {
    console.log(`  ${line}`);
  }

  /** States something that must be true; a false one is shown as such and fails the demo. */
  check(statement: string, holds: boolean, otherwise = ''): void {
    if (!holds) this.failures += 1;
    console.log(
      `  ${holds ? 'ok  ' : 'FAIL'} ${statement}${holds || otherwise === '' ? '' : ` (${otherwise})`}`,
    );
  }

  close(): void {
    const seconds = ((performance.now() - this.startedAt) / 1000).toFixed(1);
    const verdict = this.failures === 0 ? 'Everything was as it should be' : `${this.failures} checks FAILED`;
    console.log(`\n${verdict}, in ${seconds} s.`);
  }
}

/** `1250` minor units as `12.50 EUR`, without leaving the integers. */
export function formatMoney(minor: number, currency = 'EUR'): string {
  const digits = Math.abs(minor).toString().padStart(3, '0');
  return `${minor < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)} ${currency}`;
}
