import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { documentation } from './page.js';

export const docs = fileURLToPath(new URL('../../../../docs/', import.meta.url));

/** The files of the documentation as they are to be on the disk, by path under `docs/`. */
export async function formattedDocumentation(): Promise<Map<string, string>> {
  const config = await resolveConfig(`${docs}events.md`);
  const formatted = [...documentation()].map(async ([path, text]) => {
    return [path, await format(text, { ...config, filepath: `${docs}${path}` })] as const;
  });
  return new Map(await Promise.all(formatted));
}
