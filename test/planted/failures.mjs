// A reporter of node:test: one line of JSON per test that failed or passed, with what it threw.
export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:fail' && type !== 'test:pass') continue;
    const error = data.details?.error;
    const cause = error?.cause;
    yield `${JSON.stringify({
      ok: type === 'test:pass',
      name: data.name,
      isSuite: data.details?.type === 'suite',
      failure: error?.failureType ?? null,
      kind: cause?.name ?? null,
      code: cause?.code ?? null,
      message: String(cause?.message ?? cause ?? '').slice(0, 300),
    })}\n`;
  }
}
