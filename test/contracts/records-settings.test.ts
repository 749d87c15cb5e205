import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { describeStores, type OpenedRecords } from './record-stores.ts';

describeStores('values of the installation', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  test('one value stands, whoever of many is first', async () => {
    const other = stores.open(stores.addressOf(records));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? other : records).settings.setOnce('once:1', `${at}`)),
    );
    assert.equal(new Set(answers).size, 1);
    assert.equal(await other.settings.get('once:1'), answers[0]);
  });

  test('the others of a family go, and nothing else', async () => {
    const names = ['family:1', 'family:2', 'family:3', 'famil', 'other:1', 'family%'];
    for (const name of names) await records.settings.set(name, 'x');
    await records.settings.removeOthers('family:', 'family:2');
    const left = await Promise.all(names.map((name) => records.settings.get(name)));
    assert.deepEqual(left, [null, 'x', null, 'x', 'x', 'x']);
    await records.settings.removeOthers('nobody:', '');
  });
});
