import { setTimeout as sleep } from 'node:timers/promises';
import { openRecords } from '../../src/storage/records/open.ts';

/**
 * A second process of the contract suite, on the same store. Prints one line per thing it has done, after it is
 * committed; the parent may kill it at any moment.
 */
const { work, address, name } = JSON.parse(process.argv[2]!) as {
  work: 'write' | 'migrate' | 'hold';
  address: { databaseUrl?: string; dataDir: string };
  name: string;
};
const quiet = { info() {}, warn() {}, error() {} };
const records = openRecords({ ...address, log: quiet });
const say = (line: string) => process.stdout.write(`${line}\n`);

if (work === 'migrate') {
  await records.migrate();
  say('migrated');
}
if (work === 'write') {
  for (let index = 0; ; index++) {
    const ids = [0, 1].map((part) => `${name}-${index}-${part}`);
    await records.transaction(async (inside) => {
      for (const id of ids) await inside.settings.set(id, 'stored');
    });
    say(ids.join(' '));
  }
}
if (work === 'hold') {
  await records.transaction(async (inside) => {
    await inside.lock('held');
    await inside.settings.set(name, 'held');
    say('holding');
    await sleep(400);
  });
  say('released');
}
await records.close();
