export interface HealthReport {
  readonly status: 'ok' | 'unavailable';
  readonly service: string;
  /** `ok`, or why not, by the name of what is needed. */
  readonly checks: Record<string, string>;
  /** The same for what it works with but is ready without; for people to read. */
  readonly dependencies?: Record<string, string>;
}

type Check = () => Promise<void>;

/** What a service needs to do its work, asked when somebody reads its readiness. */
export class HealthRegistry {
  readonly #checks = new Map<string, Check>();
  readonly #dependencies = new Map<string, Check>();
  #stopping = false;
  #running: Promise<HealthReport> | undefined;

  constructor(
    private readonly service: string,
    private readonly timeoutMs = 2_000,
  ) {}

  /** `check` rejects while the thing named is missing; it has 2 s. */
  add(name: string, check: Check): void {
    if (this.#checks.has(name)) throw new Error(`health check "${name}" exists already`);
    this.#checks.set(name, check);
  }

  /** As `add`, for something whose absence is told and changes nothing: the rest of the work can be done without it. */
  inform(name: string, check: Check): void {
    if (this.#dependencies.has(name)) throw new Error(`dependency "${name}" exists already`);
    this.#dependencies.set(name, check);
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
    const [checks, dependencies] = await Promise.all([
      this.#outcomes(this.#checks),
      this.#outcomes(this.#dependencies),
    ]);
    if (this.#stopping) checks['shutdown'] = 'stopping';
    const ok = Object.values(checks).every((outcome) => outcome === 'ok');
    return {
      status: ok ? 'ok' : 'unavailable',
      service: this.service,
      checks,
      ...(this.#dependencies.size > 0 && { dependencies }),
    };
  }

  async #outcomes(checks: ReadonlyMap<string, Check>): Promise<Record<string, string>> {
    const outcomes = [...checks].map(async ([name, check]) => [name, await this.#outcome(check)] as const);
    return Object.fromEntries(await Promise.all(outcomes));
  }

  async #outcome(check: Check): Promise<string> {
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
