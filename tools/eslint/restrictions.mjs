/** What code may not reach for, by kind; the messages say what to use instead. */

export const environment = [
  { object: 'process', property: 'env', message: 'Take it from the typed configuration.' },
];

export const floatingPointProperties = [
  { property: 'toFixed', message: 'Amounts are integers; format them with the money module.' },
  { object: 'Number', property: 'parseFloat', message: 'Amounts are integers.' },
  { object: 'Math', property: 'round', message: 'Rounding is named and its remainder has an owner.' },
];

export const floatingPointGlobals = [{ name: 'parseFloat', message: 'Amounts are integers.' }];

export const chanceAndClock = [
  { object: 'Math', property: 'random', message: 'The ledger is handed its ids.' },
  { object: 'Date', property: 'now', message: 'The ledger is handed the time.' },
];

/** Globals that would let the world into the ledger. */
export const outsideWorld = ['crypto', 'fetch', 'performance', 'process', 'setInterval', 'setTimeout'].map(
  (name) => ({ name, message: 'The ledger is a pure function of its arguments.' }),
);

export const presentTime = [
  {
    selector: ':matches(NewExpression[arguments.length=0], CallExpression)[callee.name="Date"]',
    message: 'The ledger is handed the time.',
  },
];

/** A suite that runs one example, or leaves one out, looks green and is not. */
export const focusedExamples = ['describe', 'it', 'test'].flatMap((object) =>
  ['only', 'skip', 'todo'].map((property) => ({ object, property, message: 'Every example runs.' })),
);
