import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTestServer } from '../../../test/http-server.ts';

it('a site’s reporting currency is changed by its members, and every payment is then credited again', async () => {
  const at = await createTestServer();
  const { headers } = await at.signUp();
  const { id } = await at.addSite();
  const patch = (payload: object) =>
    at.server.inject({ method: 'PATCH', url: `/api/v1/sites/${id}`, headers, payload });
  const jobs = async () => {
    const job = await at.records.jobs.claim('test', Date.now(), 60_000);
    if (job) await at.records.jobs.finish(job, null);
    return job && [job.kind, job.args];
  };
  assert.equal((await patch({ name: 'Other', currency: 'usd' })).statusCode, 200);
  assert.equal(await jobs(), null);
  assert.equal((await patch({ currency: 'xxx' })).statusCode, 400);
  const changed = await patch({ currency: 'EUR' });
  assert.deepEqual([changed.statusCode, changed.json().currency], [200, 'eur']);
  assert.deepEqual(await jobs(), ['recompute', { site: id, reason: 'settings_changed' }]);
  assert.equal(await jobs(), null);
  const rates = await at.server.inject({ url: `/api/v1/sites/${id}/rates`, headers });
  assert.deepEqual(rates.json(), { currency: 'eur', known: null, feed: null, mode: 'test', unconverted: [] });
  await at.close();
});
