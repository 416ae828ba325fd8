import { kafkaOfTests, startStack, type Stack } from '@florin/local-stack';
import { ApiClient } from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For crowds that all come from one address. */
export const noLimits = {
  RATE_LIMIT_PUBLIC_PER_MINUTE: '1000000',
  RATE_LIMIT_PER_PERSON_PER_MINUTE: '1000000',
};

export const kafkaKind = kafkaOfTests();

type Limits = Readonly<Record<string, string>>;

/** The whole product for one spec file, over a folder that goes with it. */
export class World {
  private constructor(
    readonly dataDir: string,
    public stack: Stack,
    public api: ApiClient,
    private readonly limits: Limits,
    private readonly wallet: Limits,
    /** Processes that ended by themselves, and how. */
    readonly unexpectedEnds: string[],
  ) {}

  /** Variables of the gateway and of the wallet, beside what they have anyway. */
  static async start(limits: Limits = {}, wallet: Limits = {}): Promise<World> {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-e2e-'));
    try {
      const ends: string[] = [];
      const stack = await launch(dataDir, { gateway: limits, wallet }, ends);
      return new World(dataDir, stack, new ApiClient(stack.gatewayUrl), limits, wallet, ends);
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Stops everything and starts it again over the same data. The gateway may have another port then. */
  async restart(): Promise<void> {
    await this.api.close();
    await this.stack.stop();
    const env = { gateway: this.limits, wallet: this.wallet };
    this.stack = await launch(this.dataDir, env, this.unexpectedEnds);
    this.api = new ApiClient(this.stack.gatewayUrl);
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.stack.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

function launch(dataDir: string, env: { gateway: Limits; wallet: Limits }, ends: string[]): Promise<Stack> {
  return startStack({
    ...{ dataDir, ports: 'free', kafka: kafkaKind, env },
    onUnexpectedEnd: (name, how) => ends.push(`${name}: ${how}`),
  });
}

export { euros } from '@florin/testing';
