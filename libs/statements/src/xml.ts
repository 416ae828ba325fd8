/** An XML element: its name, its content, and attributes. */
export interface XmlElement {
  readonly name: string;
  /** Text, or elements in their order, taken one by one; `undefined` ones are left out. */
  readonly content: string | Iterable<XmlElement | undefined>;
  readonly attributes: Readonly<Record<string, string>> | undefined;
}

export function element(
  name: string,
  content: XmlElement['content'],
  attributes?: Readonly<Record<string, string>>,
): XmlElement {
  return { name, content, attributes };
}

/** An XML 1.0 document in UTF-8, one element per line. What XML cannot hold becomes U+FFFD. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${textOf(root, '')}`;
}

function textOf({ name, content, attributes }: XmlElement, indent: string): string {
  const start = `${indent}<${name}${attributes === undefined ? '' : attributesText(attributes)}>`;
  if (typeof content === 'string') return `${start}${escaped(content)}</${name}>\n`;
  const texts = [start, '\n'];
  for (const child of content) if (child !== undefined) texts.push(textOf(child, `${indent}  `));
  texts.push(indent, '</', name, '>\n');
  // Joined here, not once at the end: a hundred thousand small texts would be carried along until then.
  return texts.join('');
}

function attributesText(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

const plain = /^[\u0020-\u007E]*$/;
const special = /[&<>"]/;

function escaped(text: string): string {
  if (plain.test(text) && !special.test(text)) return text;
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"\r]/g, (sign) => entities[sign] as string);
}
