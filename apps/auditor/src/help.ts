import { commonOptions, type AtMeaning, type Command, type Options } from './command.js';

/** What the auditor can do, in one screen of 80 columns and 40 lines. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((one) => short(one).length));
  const rows = commands.map((one) => `  ${short(one).padEnd(width)}  ${one.about}\n`);
  return `Audits ledgers from their event store alone: npm run audit -- <command>

${rows.join('')}
  help <command>, or --help after it: its options, and more of what it does

  --at <revision or time>  as it was then, such as 41 or 2026-10-31T23:00:00Z
  --url <esdb://…>         the event store (default: EVENTSTORE_URL)
  --json                   one JSON object, amounts in minor units

Exit code: 0 all is well, 1 a finding, 2 wrong use, 3 not finished.
`;
}

/** A command without its options. */
function short({ syntax }: Command): string {
  return syntax.split(' --')[0] as string;
}

/** All about one command. */
export function helpOf(asked: Command): string {
  const { about, details, name, progress, syntax } = asked;
  return `npm run audit -- ${syntax}

${about[0]?.toUpperCase()}${about.slice(1)}.
${details.map((line) => `${line}\n`).join('')}
${optionLines({ ...asked.options, ...commonOptions, at: { ...commonOptions.at, about: aboutAt(name, asked.at) } })}
Exit code: 0 all is well, 1 a finding, 2 wrong use, 3 not finished: no answer from the event store.
${progress ? 'On a terminal a bar shows how far it is, unless --json is given.\n' : ''}`;
}

function aboutAt(name: string, at: AtMeaning): string {
  return 'means' in at ? at.means : `${name} takes none: ${at.never}`;
}

function optionLines(options: Options): string {
  const rows = Object.entries(options).map(([name, { about, multiple, takes }]) => {
    const form = `--${name}${takes === undefined ? '' : ` ${takes}`}${multiple ? ' …' : ''}`;
    return { form, about };
  });
  const width = Math.max(...rows.map(({ form }) => form.length));
  return rows.map(({ form, about }) => `  ${form.padEnd(width)}  ${about}\n`).join('');
}
