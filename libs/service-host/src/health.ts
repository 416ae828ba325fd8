export interface HealthReport {
  readonly status: 'ok' | 'unavailable';
  readonly service: string;
  /** `ok`, or why not, by the name of what is needed. */
  readonly checks: Record<string, string>;
}

/** What a service needs to do its work, asked when somebody reads its readiness. */
export class HealthRegistry {
  readonly #checks = new Map<string, () => Promise<void>>();
  #stopping = false;
  #running: Promise<HealthReport> | undefined;

  constructor(
    private readonly service: string,
    private readonly timeoutMs = 2_000,
  ) {}

  /** `check` rejects while the thing named is missing; it has 2 s. */
  add(name: string, check: () => Promise<void>): void {
    if (this.#checks.has(name)) throw new Error(`health check "${name}" exists already`);
    this.#checks.set(name, check);
  }

  /** From here on the service says that it is not ready, so that nobody sends it new work. */
  stop(): void {
    this.#stopping = true;
  }

  /** Runs all checks at once; callers at the same time share one run, so that asking often costs little. */
  report(): Promise<HealthReport> {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await this.#outcome(check)] as const),
    );
    const checks: Record<string, string> = Object.fromEntries(results);
    if (this.#stopping) checks['shutdown'] = 'stopping';
    const ok = Object.values(checks).every((outcome) => outcome === 'ok');
    return { status: ok ? 'ok' : 'unavailable', service: this.service, checks };
  }

  async #outcome(check: () => Promise<void>): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, this.timeoutMs, `no answer in ${this.timeoutMs} ms`);
    });
    const asked = (async () => check())().then(
      () => 'ok',
      // The message of a driver may hold addresses; its code says enough to somebody who is not signed in.
      (error: unknown) => `failed${errorCode(error)}`,
    );
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? ` (${code})` : '';
}
