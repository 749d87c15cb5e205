import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTestServer } from '../../../test/http-server.ts';

describe('a report as a file', () => {
  let at: Awaited<ReturnType<typeof createTestServer>>;
  let url = '';
  let headers: Record<string, string>;
  before(async () => {
    at = await createTestServer();
    const { id } = await at.addSite();
    url = `/api/v1/sites/${id}/report?metrics=revenue&dimensions=source,day&from=2026-11-01&to=2026-11-30`;
    headers = await at.addKey(id);
  });
  after(() => at.close());

  it('is CSV with a name that says what it holds', async () => {
    const answer = await at.server.inject({ url: `${url}&format=csv`, headers });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8');
    assert.match(
      String(answer.headers['content-disposition']),
      /^attachment; filename="[\w.-]+-source-day-2026-11-01-2026-11-30-usd-test\.csv"$/,
    );
    assert.equal(answer.body, 'source,day,revenue\r\n');
    assert.deepEqual((await at.server.inject({ url: `${url}&format=json`, headers })).json().totals, { revenue: 0 });
  });

  it('holds one range, and is no other kind of file', async () => {
    const refused = async (more: string) =>
      (await at.server.inject({ url: `${url}${more}`, headers })).json().error.field as string;
    assert.equal(await refused('&format=csv&compare=previous_year'), 'compare');
    assert.equal(await refused('&format=xlsx'), 'format');
  });
});
