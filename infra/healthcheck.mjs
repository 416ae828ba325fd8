/** The container's health: exit code 0 when the service on PORT says that it is ready. */
const answer = await fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`, {
  signal: AbortSignal.timeout(2_000),
}).catch((error) => ({ ok: false, text: async () => String(error.cause ?? error) }));

console.log(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
