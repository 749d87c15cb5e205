import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { sql } from 'kysely';
import type { KyselyPlugin } from 'kysely';
import { RecordsUnavailable } from '../../storage/records/records.ts';
import { describeStores, quiet } from '../../../test/contracts/record-stores.ts';
import type { OpenedRecords } from '../../../test/contracts/record-stores.ts';
import { createAccounts } from './accounts.ts';
import { hashPassword, verifyPassword } from './passwords.ts';

const owner = { name: 'Ada', email: 'Ada@Example.com', password: 'correct horse battery' };
const tokenOf = (link: string | null) => new URL(link!).searchParams.get('token')!;
const cookieOf = (setCookies: string[]) => setCookies.map((each) => each.split(';')[0]).join('; ');

describeStores('accounts', (stores) => {
  let records: OpenedRecords;
  let accounts: ReturnType<typeof make>;
  let clock = Date.now();
  let isDown = false;
  const outage: KyselyPlugin = {
    transformQuery({ node }) {
      if (isDown) throw new RecordsUnavailable('the test took it away');
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const make = (publicUrl = 'http://localhost:1323') =>
    createAccounts({
      records,
      db: records.db.withPlugin(outage),
      secret: 'a'.repeat(64),
      publicUrl,
      now: () => clock,
      log: quiet,
    });
  before(async () => {
    records = await stores.fresh();
    accounts = make();
  });

  it('goes from the first start to an owner who is signed in, once', async () => {
    assert.equal(await accounts.setupRequired(), true);
    const first = tokenOf(await accounts.ownerLink());
    const second = tokenOf(await accounts.ownerLink());
    const replaced = await accounts.setUp({ token: first, ...owner });
    assert.deepEqual(replaced.ok ? 'in' : replaced.code, 'bad_setup_link');

    const done = await accounts.setUp({ token: second, ...owner });
    assert.ok(done.ok);
    assert.equal(done.member.email, 'ada@example.com');
    assert.match(done.setCookies.join(), /headwater\.session_token=.*HttpOnly.*SameSite=Lax/i);
    assert.doesNotMatch(done.setCookies.join(), /Secure/);
    const session = await accounts.session(cookieOf(done.setCookies));
    assert.equal(session?.member.id, done.member.id);

    assert.equal(await accounts.setupRequired(), false);
    assert.equal(await accounts.ownerLink(), null);
    assert.equal((await records.teams.ofMember(done.member.id)).length, 1);
    const again = await accounts.setUp({ token: second, ...owner });
    assert.deepEqual(again.ok ? 'in' : again.code, 'bad_setup_link');
  });

  it('signs in with the password only, in any case of the address', async () => {
    const good = await accounts.signIn({ email: 'ADA@example.com', password: owner.password });
    assert.ok(good.ok);
    for (const input of [
      { email: 'ada@example.com', password: 'wrong horse battery' },
      { email: 'nobody@example.com', password: owner.password },
    ]) {
      const bad = await accounts.signIn(input);
      assert.deepEqual(bad.ok ? 'in' : bad.code, 'bad_credentials');
    }
  });

  it('ends a session at sign-out and knows no forged cookie', async () => {
    const signedIn = await accounts.signIn(owner);
    assert.ok(signedIn.ok);
    const cookie = cookieOf(signedIn.setCookies);
    assert.equal(await accounts.session(`${cookie.slice(0, -3)}abc`), null);
    assert.equal(await accounts.session('headwater.session_token=nonsense'), null);
    assert.match((await accounts.signOut(cookie)).join(), /Max-Age=0/);
    assert.equal(await accounts.session(cookie), null);
  });

  it('says so when the store is down, instead of signing anybody out', async () => {
    const signedIn = await accounts.signIn(owner);
    assert.ok(signedIn.ok);
    const cookie = cookieOf(signedIn.setCookies);
    isDown = true;
    await assert.rejects(accounts.session(cookie), RecordsUnavailable);
    await assert.rejects(accounts.signIn(owner), RecordsUnavailable);
    await assert.rejects(accounts.signOut(cookie), RecordsUnavailable);
    isDown = false;
    assert.equal((await accounts.session(cookie))?.member.email, 'ada@example.com');
  });

  it('keeps no token, link or password that opens anything in the database', async () => {
    const link = tokenOf(await accounts.memberLink());
    const signedIn = await accounts.signIn(owner);
    assert.ok(signedIn.ok);
    const token = decodeURIComponent(cookieOf(signedIn.setCookies).split('=')[1]!).split('.')[0]!;
    const dump: unknown[] = [];
    for (const table of ['members', 'member_sessions', 'member_accounts', 'member_verifications', 'settings']) {
      dump.push(...(await sql`select * from ${sql.table(table)}`.execute(records.db)).rows);
    }
    const text = JSON.stringify(dump);
    assert.ok(dump.length >= 4 && text.includes('$argon2id$v=19$'));
    for (const secret of [token, link, owner.password]) assert.ok(!text.includes(secret));
  });

  it('lets a further member in once, within a week, and not under a taken address', async () => {
    const token = tokenOf(await accounts.memberLink());
    const taken = await accounts.setUp({ token, ...owner });
    assert.deepEqual(taken.ok ? 'in' : taken.field, 'email');
    const grace = { name: 'Grace', email: 'grace@example.com', password: 'another long one' };
    // The link survived the refusal; of two who use it at once, one gets in.
    const both = await Promise.all([accounts.setUp({ token, ...grace }), accounts.setUp({ token, ...grace })]);
    assert.deepEqual(both.map((each) => each.ok).sort(), [false, true]);

    const old = tokenOf(await accounts.memberLink());
    clock += 8 * 86_400_000;
    const late = await accounts.setUp({ token: old, ...grace, email: 'late@example.com' });
    assert.deepEqual(late.ok ? 'in' : late.code, 'bad_setup_link');
  });

  it('marks cookies Secure on https only', async () => {
    const signedIn = await make('https://headwater.example.com').signIn(owner);
    assert.ok(signedIn.ok);
    assert.match(signedIn.setCookies.join(), /__Secure-headwater\.session_token=.*Secure/);
  });
});

describe('passwords', () => {
  it('verifies its own hashes and refuses what is not one or costs too much', async () => {
    const hash = await hashPassword('pass word ünï');
    assert.equal(await verifyPassword('pass word ünï', hash), true);
    assert.equal(await verifyPassword('pass word ünI', hash), false);
    assert.notEqual(hash, await hashPassword('pass word ünï'));
    assert.equal(await verifyPassword('x', 'plain'), false);
    assert.equal(await verifyPassword('x', hash.replace('m=19456', 'm=9999999')), false);
  });
});
