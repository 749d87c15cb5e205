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

  it('begins with a byte order mark where that is asked for, for Excel, and never else', async () => {
    const bytesOf = async (more: string) => (await at.server.inject({ url: `${url}${more}`, headers })).rawPayload;
    assert.deepEqual([...(await bytesOf('&format=csv&bom=true')).subarray(0, 4)], [0xef, 0xbb, 0xbf, 0x73]);
    assert.equal((await bytesOf('&format=csv&bom=false'))[0], 's'.charCodeAt(0));
    assert.equal((await bytesOf('&bom=true'))[0], '{'.charCodeAt(0));
  });

  it('has a second column for what is compared', async () => {
    const answer = await at.server.inject({ url: `${url}&format=csv&compare=previous_year`, headers });
    assert.equal(answer.body, 'source,day,day:previous_year,revenue,revenue:previous_year\r\n');
    assert.match(
      String(answer.headers['content-disposition']),
      /-source-day-2026-11-01-2026-11-30-previous_year-usd-test\.csv"$/,
    );
    // A question that is refused as JSON is refused as a file.
    const refused = await at.server.inject({ url: `${url}&format=csv&compare=yesterday`, headers });
    assert.deepEqual([refused.statusCode, refused.json().error.field], [400, 'compare']);
  });

  it('is no other kind of file', async () => {
    const refused = await at.server.inject({ url: `${url}&format=xlsx`, headers });
    assert.equal(refused.json().error.field, 'format');
  });
});
