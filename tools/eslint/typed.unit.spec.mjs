import { join } from 'node:path';
import { ESLint } from 'eslint';
import { workspaceRoot } from './imports.mjs';

/** With types, so at a place that exists. */
const eslint = new ESLint({ cwd: workspaceRoot });
const filePath = join(workspaceRoot, 'apps/wallet/src/main.ts');

async function brokenRules(code) {
  const [{ messages }] = await eslint.lintText(code, { filePath });
  return messages.map((message) => message.ruleId ?? message.message);
}

const service = (importLine, parameter) => `
import { Injectable } from '@nestjs/common';
${importLine}
const Inject = (_: string) => () => undefined;
@Injectable()
export class Service {
  constructor(${parameter}) {
    Inject(String(clock));
  }
}`;

describe('what Nest injects is imported as a value', () => {
  it.each([
    ['a type import', `import type { Date as Clock } from './clock.js';`, 'clock: Clock'],
    ['an inline type import', `import { type Clock } from './clock.js';`, 'private readonly clock: Clock'],
  ])('refused: %s', async (_, importLine, parameter) => {
    expect(await brokenRules(service(importLine, parameter))).toContain('florin/injectable-imports');
  });

  it.each([
    ['a value import, even where only types use it', `import { Clock } from './clock.js';`, 'clock: Clock'],
    [
      'a type import under a token',
      `import type { Clock } from './clock.js';`,
      `@Inject('clock') clock: Clock`,
    ],
  ])('allowed: %s', async (_, importLine, parameter) => {
    const rules = await brokenRules(service(importLine, parameter));
    expect(rules).not.toContain('florin/injectable-imports');
    expect(rules).not.toContain('@typescript-eslint/consistent-type-imports');
  });
});

describe('types', () => {
  it.each([
    ['a promise left alone', '@typescript-eslint/no-floating-promises', 'Promise.resolve(1);'],
    [
      'a promise where nothing waits for it',
      '@typescript-eslint/no-misused-promises',
      '[1].forEach(async () => { await Promise.resolve(); });',
    ],
    [
      'a switch that leaves a case out',
      '@typescript-eslint/switch-exhaustiveness-check',
      `export function name(code: 'a' | 'b') { switch (code) { case 'a': return 1; } return 2; }`,
    ],
    ['any', '@typescript-eslint/no-explicit-any', 'export const a: any = 1;'],
    ['any by JSON', '@typescript-eslint/no-unsafe-assignment', `export const a: number = JSON.parse('1');`],
    [
      'a value import that only types use',
      '@typescript-eslint/consistent-type-imports',
      `import { Server } from 'node:net'; export type A = Server;`,
    ],
  ])('refused: %s', async (_, rule, code) => {
    expect(await brokenRules(code)).toEqual([rule]);
  });

  it('refuses a comment that switches a rule off', async () => {
    const code = '// eslint-disable-next-line @typescript-eslint/no-explicit-any\nexport const a: any = 1;';
    expect(await brokenRules(code)).toContain('@typescript-eslint/no-explicit-any');
  });

  it('allows what is awaited and complete', async () => {
    const code = `
export async function name(code: 'a' | 'b') {
  await Promise.resolve();
  switch (code) {
    case 'a':
      return 1;
    case 'b':
      return 2;
  }
}`;
    expect(await brokenRules(code)).toEqual([]);
  });
});
