import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTestServer } from '../../../test/http-server.ts';
import { createReports } from '../../reports/report.ts';
import { createRuns } from '../../reports/runs.ts';
import { createSolver } from '../../reports/solver.ts';

async function open() {
  const at = await createTestServer();
  const { headers } = await at.signUp();
  const { id } = await at.addSite();
  const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) =>
    at.server.inject({ method, url: `/api/v1/sites/${id}${path}`, headers, ...(payload ? { payload } : {}) });
  return { ...at, id, call };
}

it('what a site says about models is changed by its members, and every payment is then credited again', async () => {
  const { id, call, records, close } = await open();
  const recomputes = async () => (await records.jobs.open('recompute')).filter((job) => job.args.site === id).length;
  const defaults = {
    window_days: null,
    ignore_direct: false,
    collapse_repeats: false,
    position_percents: { first: 40, middle: 20, last: 40 },
    half_life_hours: 168,
    custom: null,
    renewals: 'first_path',
  };
  assert.deepEqual((await call('GET', '')).json().models, defaults);
  const refused = await call('PATCH', '', { models: { position_percents: { first: 50, middle: 20, last: 40 } } });
  assert.deepEqual([refused.statusCode, refused.json().error.field], [400, 'models']);
  assert.match(refused.json().error.message, /add up to 100 per cent; 50\/20\/40 does not/);
  assert.equal((await call('PATCH', '', { models: { half_life_hours: 168 } })).statusCode, 200);
  assert.equal(await recomputes(), 0, 'nothing changed');
  const custom = { name: 'Mine', from_start: [50, 20], others: 20, from_end: [10] };
  const changed = await call('PATCH', '', { models: { window_days: 30, custom, renewals: 'latest_touch' } });
  assert.deepEqual(changed.json().models, { ...defaults, window_days: 30, custom, renewals: 'latest_touch' });
  assert.equal(await recomputes(), 1);
  assert.equal((await call('PATCH', '', { off_stripe: true, name: 'Other' })).json().models.window_days, 30);
  assert.equal(await recomputes(), 1, 'other settings credit nothing again');
  assert.deepEqual((await call('GET', '/recompute')).json(), {
    state: 'queued',
    requested: 0,
    waiting: 0,
    payments: 0,
  });
  await close();
});

it('a saved run keeps the question, the settings it was answered with and the answer, until it is deleted', async () => {
  let revenue = 100;
  const facts = {
    report: async () => ({ rows: [{ source: 'google', revenue }], totals: { revenue } }),
    compareModels: async () => ({ rows: [], totals: {} }),
    channelPaths: async () => [],
  };
  const now = () => Date.parse('2026-11-22T12:00:00Z');
  const reports = createReports({ facts, solve: createSolver(), now, defaultMode: async () => 'test' });
  const at = await createTestServer();
  const runs = createRuns({ records: at.records, askWith: reports.askWith, now: () => 5_000 });
  const { server, close } = await createTestServer({ runs, sites: at.records.sites, keys: at.records.keys });
  const { id } = await at.addSite();
  const headers = await at.addKey(id);
  const call = (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) =>
    server.inject({ method, url: `/api/v1/sites/${id}/runs${path}`, headers, ...(payload ? { payload } : {}) });

  const question = 'metrics=revenue&dimensions=source&window=30d';
  const saved = await call('POST', '', { name: ' Board, November ', question });
  assert.equal(saved.statusCode, 201, saved.body);
  revenue = 7;
  const { runs: list } = (await call('GET', '')).json();
  assert.equal(list.length, 1);
  // Days that were not named are told by the run: later, others are the last thirty.
  const kept = `${question}&from=2026-10-24&to=2026-11-22`;
  assert.deepEqual([list[0].name, list[0].question, list[0].settings.window_days], ['Board, November', kept, 30]);
  assert.equal('answer' in list[0], false);
  const found = (await call('GET', `/${list[0].id}`)).json();
  assert.deepEqual(found.answer.totals, { revenue: 100 }, 'as it was answered then');
  assert.deepEqual(found, saved.json());
  assert.equal(found.settings.renewals, 'first_path');
  const models = { renewals: 'latest_touch' };
  await server.inject({ method: 'PATCH', url: `/api/v1/sites/${id}`, headers, payload: { models } });
  const later = (await call('POST', '', { name: 'Later', question })).json();
  assert.equal(later.settings.renewals, 'latest_touch', 'no part of the question, and yet of the answer');
  assert.equal((await call('GET', `/${list[0].id}`)).json().settings.renewals, 'first_path');
  await call('DELETE', `/${later.id}`);

  const bad = await call('POST', '', { name: 'x', question: 'metrics=money' });
  assert.deepEqual([bad.statusCode, bad.json().error.field], [400, 'metrics']);
  const twice = await call('POST', '', { name: 'x', question: 'metrics=revenue&metrics=fees' });
  assert.deepEqual([twice.statusCode, twice.json().error.field], [400, 'question']);
  const few = await call('POST', '', { name: 'x', question: 'metrics=revenue&model=markov' });
  assert.deepEqual([few.statusCode, few.json().error.code], [422, 'too_few_conversions']);

  assert.equal((await call('DELETE', `/${list[0].id}`)).statusCode, 200);
  assert.equal((await call('DELETE', `/${list[0].id}`)).statusCode, 404);
  assert.equal((await call('GET', `/${list[0].id}`)).json().error.code, 'unknown_run');
  for (let number = 0; number < 100; number += 1) await call('POST', '', { name: `run ${number}`, question });
  const full = await call('POST', '', { name: 'one more', question });
  assert.deepEqual([full.statusCode, full.json().error.code], [422, 'too_many_runs']);
  await close();
  await at.close();
});
