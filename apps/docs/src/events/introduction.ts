/** What holds for all events; the rest of the page follows from the contracts. */
export const introduction = `# Events

This page and the JSON Schemas beside it are made from [libs/contracts](../libs/contracts/src) by \`npm run docs\`;
a test fails when they are out of date. \`npm run -s events -- <topic> --from-beginning\` prints what really comes, one line of JSON per event.

- **CloudEvents 1.0 over Kafka, binary mode**: attributes are headers \`ce_<name>\`, the value is the data as JSON, the key of the message is \`ce_partitionkey\`.
- **At least once**: an event may come again, with the same \`ce_id\`. Remember the pair (\`ce_source\`, \`ce_id\`) in the transaction of your effect; for the
  ledger \`ce_id\` is derived from the hash of the stored event, so it is the same however often it is published.
- **Order per key**: events of one key are in one partition, in the order in which they happened. There is no order between keys or topics. Events of a ledger carry its
  \`revision\`, without gaps, from 1 on.
- **Kept for 7 days**, and then gone from Kafka. There is no backfill yet: a consumer that comes later finds the last 7 days. Of the ledger nothing is lost, though: the stream
  \`ledger-<ledger id>\` of EventStoreDB has every event from the first, in the [stored form](ledger.md), with the same ids and revisions; read it up to the
  revision from which Kafka continues. The state of people, payments and products is in their services' databases alone.
- **Signs**: debits are positive and credits negative, so what a person receives is negative in their wallet, a liability of ours: who receives 12.50 EUR has a posting
  of \`-1250\`, who pays has \`1250\`. The natural balance (what the person has) is the negative of the sum of the postings, except for accounts of \`class\` asset or
  expense, where it is the sum.
- **Amounts** are integers in minor units (cents) of an ISO 4217 currency, within the range in which every JSON parser is exact.
- **No names, phone numbers, handles or notes** are in any event: people are ids.
- **Versions**: fields may be added to a type, so ignore those that you do not know. A change that breaks a reader is a new type, \`….v2\`, beside the old one.

| header | when |
| --- | --- |
| \`ce_specversion\`, \`ce_id\`, \`ce_source\`, \`ce_type\`, \`ce_subject\`, \`ce_time\` | always; \`ce_time\` is when it happened, UTC |
| \`ce_partitionkey\` | always, the same as the key of the message |
| \`content-type\` | always \`application/json\` |
| \`ce_traceparent\` and, with the same value, \`traceparent\` | the W3C trace of the request that caused the event; both absent where it is not known (said below) |
| \`ce_tracestate\` and \`tracestate\` | only where the caller of that request sent one |

A message that one of our consumers cannot handle goes to the dead-letter topic of its topic as it came, with the reason in headers \`dlq_*\`. Your consumers need not
write there; the topics have one partition, and their messages are no events for you to handle.`;
