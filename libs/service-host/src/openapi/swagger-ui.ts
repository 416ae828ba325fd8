import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A document that the page offers. */
export interface DocumentLink {
  readonly name: string;
  readonly url: string;
}

const mediaTypes = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-standalone-preset.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

type AssetName = keyof typeof mediaTypes;

/** A file of Swagger UI with its media type, read when somebody asks for it; undefined for any other name. */
export async function swaggerAsset(name: string): Promise<{ type: string; content: Buffer } | undefined> {
  if (!Object.hasOwn(mediaTypes, name)) return undefined;
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return { type: mediaTypes[name as AssetName], content: await readFile(join(folder, name)) };
}

/** What the page may load: its own files only. Swagger UI writes styles and images inline. */
export const swaggerPagePolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'";

/** Our name in the header, no margin around it, and problems in a line each: their form is among the schemas. */
const style = `
body { margin: 0; }
.swagger-ui .topbar-wrapper .link > * { display: none; }
.swagger-ui .topbar-wrapper .link::before { content: 'Florin'; color: #fff; font: bold 1.5em sans-serif; }
.swagger-ui tr.response:is([data-code^='4'], [data-code^='5']) .response-col_description > :not(.response-col_description__inner) { display: none; }
`;

/** The page; its script is `docs/start.js`, so that no inline script is needed. */
export function swaggerPage(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<style>${style}</style>
</head>
<body>
<div id="ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/swagger-ui-standalone-preset.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
}

/** The script that starts Swagger UI with a choice of documents. */
export function swaggerStart(documents: readonly DocumentLink[]): string {
  return `SwaggerUIBundle({
  urls: ${JSON.stringify(documents)},
  dom_id: '#ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
});
`;
}
