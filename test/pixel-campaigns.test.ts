// The pixel starts a session for every campaign parameter that the server reads an arrival from. Its list is a regular
// expression, for its bytes: this holds it to the server's.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import clickIds from '../src/core/acquisition-click-ids.json' with { type: 'json' };

const source = readFileSync(new URL('../sdk/src/identity.ts', import.meta.url), 'utf8');
const [, pattern] = /\/(\[\?&\]\(utm.+)\/gi/.exec(source)!;
const isCampaign = (query: string) => new RegExp(pattern!, 'i').test(`https://shop.test/?${query}`);

/** Named by the server, yet no campaign of anybody's: a share button and Google's free listings. */
const QUIET = ['igshid', 'srsltid'];

it('knows every click id and tag of the server', () => {
  const parameters = clickIds.clickIds.map(({ parameter }) => parameter).filter((name) => !QUIET.includes(name));
  for (const name of ['gclid', 'gbraid', 'wbraid', 'dclid', 'fbclid', 'msclkid', 'ttclid', 'li_fat_id', 'twclid']) {
    assert.ok(parameters.includes(name), name);
  }
  for (const name of ['rdt_cid', 'ScCid', 'epik', 'irclickid']) assert.ok(parameters.includes(name), name);
  for (const name of [...parameters, 'utm_source', 'utm_campaign', 'utm_id', 'ref', 'source', 'via']) {
    assert.ok(isCampaign(`page=2&${name}=x1`), name);
    assert.ok(!isCampaign(`${name}=`), `${name} without a value`);
  }
});

it('takes nothing else for a campaign', () => {
  for (const name of [
    'session_id',
    'payment_intent',
    'id',
    'pid',
    'cid',
    'order_id',
    'client_id',
    'xref',
    'resource',
  ]) {
    assert.ok(!isCampaign(`${name}=x1`), name);
  }
});
