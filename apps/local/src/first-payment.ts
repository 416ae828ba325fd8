/** A first payment over the public API, to be pasted into a shell: two people sign in, one is funded and pays the other. */
export function firstPayment(gatewayUrl: string): string {
  return `api=${gatewayUrl}/v1
call() { curl -sS --noproxy '*' -H 'content-type: application/json' "$@"; }
field() { node -pe "JSON.parse(require('fs').readFileSync(0)).$1"; }
sign_in() {
  challenge=$(call $api/registrations -d '{"phone":"'$1'","name":"'$2'","market":"it","locale":"it"}' | field challengeId)
  code=$(call "$api/dev/outbox?to=%2B\${1#+}" | field 'items[0].code')
  call $api/sessions -d '{"challengeId":"'$challenge'","code":"'$code'"}' | field accessToken
}
anna=$(sign_in +393471234501 Anna)
bruno=$(sign_in +393471234502 Bruno)
call $api/test-funding -H "authorization: Bearer $anna" -H 'idempotency-key: first-funding' \\
  -d '{"amount":{"value":20000,"currency":"EUR"}}'; echo
call $api/payments -H "authorization: Bearer $anna" -H 'idempotency-key: first-payment' -H 'prefer: wait=5' \\
  -d '{"payee":{"channel":"phone","handle":"+393471234502"},"amount":{"value":1250,"currency":"EUR"},"note":"Pizza","channel":"web"}'; echo
call $api/balance -H "authorization: Bearer $bruno"; echo`;
}
