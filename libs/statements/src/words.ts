/** Languages that a statement can be printed in. */
export type StatementLanguage = 'it' | 'en' | 'pt';

export interface Words {
  readonly title: string;
  readonly provisional: (revision: bigint) => string;
  readonly account: string;
  readonly ledger: string;
  readonly period: string;
  readonly timeZone: string;
  readonly opening: string;
  readonly closing: string;
  readonly balanceSoFar: string;
  readonly credits: (count: string) => string;
  readonly debits: (count: string) => string;
  readonly booked: string;
  readonly value: string;
  readonly description: string;
  readonly amount: string;
  readonly balance: string;
  readonly noLines: string;
  readonly page: (number: number, of: number) => string;
  readonly proofTitle: string;
  readonly proof: string;
  readonly noProof: string;
  readonly checkpoint: string;
  /** What an entry is called, in and out. */
  readonly kinds: Readonly<Record<string, { readonly in: string; readonly out: string }>>;
  /** How thousands and decimals are parted. */
  readonly separators: readonly [thousands: string, decimal: string];
  /** A day, from `2026-10-31`. */
  readonly day: (day: string) => string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const slashed = (day: string): string => day.split('-').reverse().join('/');

export const wordsOf: Readonly<Record<StatementLanguage, Words>> = {
  it: {
    title: 'Estratto conto',
    provisional: (revision) => `Provvisorio: il periodo non è finito (revisione ${revision} del libro)`,
    account: 'Conto',
    ledger: 'Libro',
    period: 'Periodo',
    timeZone: 'Fuso orario',
    opening: 'Saldo iniziale',
    closing: 'Saldo finale',
    balanceSoFar: 'Saldo finora',
    credits: (count) => `Entrate (${count})`,
    debits: (count) => `Uscite (${count})`,
    booked: 'Data',
    value: 'Valuta',
    description: 'Descrizione',
    amount: 'Importo',
    balance: 'Saldo',
    noLines: 'Nessun movimento',
    page: (number, of) => `Pagina ${number} di ${of}`,
    proofTitle: 'Come verificarlo',
    proof:
      'Ogni movimento è registrato in un libro che non si può riscrivere senza che si noti. Il codice QR porta alla prova; l’impronta qui sotto è quella del checkpoint firmato che copre questo estratto conto.',
    noProof: 'Nessun checkpoint firmato copre ancora questo estratto conto.',
    checkpoint: 'Impronta del checkpoint (SHA-256)',
    kinds: {
      p2p: { in: 'Pagamento ricevuto', out: 'Pagamento inviato' },
      'test-funding': { in: 'Denaro di prova', out: 'Denaro di prova' },
      reversal: { in: 'Storno', out: 'Storno' },
    },
    separators: ['.', ','],
    day: slashed,
  },
  en: {
    title: 'Account statement',
    provisional: (revision) => `Provisional: the period is not over (revision ${revision} of the book)`,
    account: 'Account',
    ledger: 'Book',
    period: 'Period',
    timeZone: 'Time zone',
    opening: 'Opening balance',
    closing: 'Closing balance',
    balanceSoFar: 'Balance so far',
    credits: (count) => `Money in (${count})`,
    debits: (count) => `Money out (${count})`,
    booked: 'Date',
    value: 'Value date',
    description: 'Description',
    amount: 'Amount',
    balance: 'Balance',
    noLines: 'Nothing moved',
    page: (number, of) => `Page ${number} of ${of}`,
    proofTitle: 'How to check it',
    proof:
      'Every movement is recorded in a book that cannot be rewritten unnoticed. The QR code leads to the proof; the fingerprint below is that of the signed checkpoint that covers this statement.',
    noProof: 'No signed checkpoint covers this statement yet.',
    checkpoint: 'Fingerprint of the checkpoint (SHA-256)',
    kinds: {
      p2p: { in: 'Payment received', out: 'Payment sent' },
      'test-funding': { in: 'Test money', out: 'Test money' },
      reversal: { in: 'Reversal', out: 'Reversal' },
    },
    separators: [',', '.'],
    day: (day) => {
      const [year = '', month = '', date = ''] = day.split('-');
      return `${date} ${months[Number(month) - 1]} ${year}`;
    },
  },
  pt: {
    title: 'Extrato da conta',
    provisional: (revision) => `Provisório: o período não terminou (revisão ${revision} do livro)`,
    account: 'Conta',
    ledger: 'Livro',
    period: 'Período',
    timeZone: 'Fuso horário',
    opening: 'Saldo inicial',
    closing: 'Saldo final',
    balanceSoFar: 'Saldo até agora',
    credits: (count) => `Entradas (${count})`,
    debits: (count) => `Saídas (${count})`,
    booked: 'Data',
    value: 'Data-valor',
    description: 'Descrição',
    amount: 'Valor',
    balance: 'Saldo',
    noLines: 'Nenhum lançamento',
    page: (number, of) => `Página ${number} de ${of}`,
    proofTitle: 'Como conferir',
    proof:
      'Cada lançamento está registrado em um livro que não pode ser reescrito sem que se perceba. O código QR leva à prova; a impressão digital abaixo é a do checkpoint assinado que cobre este extrato.',
    noProof: 'Nenhum checkpoint assinado cobre este extrato ainda.',
    checkpoint: 'Impressão digital do checkpoint (SHA-256)',
    kinds: {
      p2p: { in: 'Pagamento recebido', out: 'Pagamento enviado' },
      'test-funding': { in: 'Dinheiro de teste', out: 'Dinheiro de teste' },
      reversal: { in: 'Estorno', out: 'Estorno' },
    },
    separators: ['.', ','],
    day: slashed,
  },
};
