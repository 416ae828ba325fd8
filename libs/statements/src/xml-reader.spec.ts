/** An element as it was read: elements or text within. */
export interface ReadElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly ReadElement[];
  readonly text: string;
}

const token = /<\?xml[^?]*\?>|<(\/?)([A-Za-z][\w.-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

/** Reads an XML document without comments, CDATA and doctypes. Throws where it is not well-formed. */
export function readXml(document: string): ReadElement {
  const root = open('', '');
  const stack = [root];
  let at = 0;
  for (const [whole, closes, name = '', attributes = '', empty, text] of document.matchAll(token)) {
    at += whole.length;
    const top = stack.at(-1) as Draft;
    if (text !== undefined) top.text += unescaped(text);
    else if (closes) {
      if (stack.length < 2 || top.name !== name) throw new Error(`</${name}> closes <${top.name}>`);
      stack.pop();
    } else if (name !== '') {
      const child = open(name, attributes);
      top.children.push(child);
      if (!empty) stack.push(child);
    }
  }
  if (at !== document.length) throw new Error(`not XML: ${document.slice(at, at + 40)}`);
  const [only, ...others] = root.children;
  if (stack.length !== 1 || only === undefined || others.length > 0) throw new Error('not one whole element');
  return only;
}

interface Draft {
  name: string;
  attributes: Record<string, string>;
  children: Draft[];
  text: string;
}

function open(name: string, attributes: string): Draft {
  const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)];
  const read = pairs.map(([, key = '', value = '']) => [key, unescaped(value)]);
  return { name, attributes: Object.fromEntries(read), children: [], text: '' };
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#13': '\r' };

function unescaped(text: string): string {
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text)) throw new Error('not XML text');
  return text.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
    const sign = entities[name];
    if (sign === undefined || !whole.endsWith(';')) throw new Error(`${whole} is no entity`);
    return sign;
  });
}

/** The elements at a path below one: `at(document, 'BkToCstmrStmt', 'Stmt', 'Ntry')`. */
export function at(element: ReadElement, ...path: readonly string[]): ReadElement[] {
  return path.reduce<readonly ReadElement[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  ) as ReadElement[];
}

/** The text of the only element at a path. */
export function textAt(element: ReadElement, ...path: readonly string[]): string {
  const [only, ...others] = at(element, ...path);
  if (only === undefined || others.length > 0) throw new Error(`not one ${path.join('/')}`);
  return only.text;
}
