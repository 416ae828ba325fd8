import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { configurationPage } from './configuration/configuration-page.js';
import { eventsPages } from './events/events-page.js';
import { scalePage } from './scale/scale-page.js';

export const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));

/** Folders under `docs/` that hold generated files alone. */
export const generatedFolders = ['events'];

/** The generated documentation as it is to be on the disk, by path under `docs/`. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const config = await resolveConfig(`${docs}events.md`);
  const pages = [
    ...eventsPages(),
    ['configuration.md', await configurationPage()] as const,
    ['scale.md', scalePage()] as const,
  ];
  const formatted = pages.map(async ([path, text]) => {
    return [path, await format(text, { ...config, filepath: `${docs}${path}` })] as const;
  });
  return new Map(await Promise.all(formatted));
}
