import type { Log } from '../../loop.ts';
import type { Records } from '../../storage/records/records.ts';
import type { Accounts, SignedIn } from '../deps.ts';
import type { AuthOptions } from './auth.ts';
import { createMembers } from './members.ts';
import type { Auth } from './members.ts';
import { closeOwnerLink, newMemberToken, newOwnerToken, takeToken } from './one-time-links.ts';

export interface AccountsOptions {
  records: Pick<Records, 'teams' | 'settings' | 'transaction'>;
  /** The same handle the records store works on; its accounts tables come from migration 0002-accounts. */
  db: AuthOptions['db'];
  secret: string;
  publicUrl: string;
  now(): number;
  log: Log;
}

export interface AccountsWithLinks extends Accounts {
  /** Called at each start: the address that creates the owner, or null once there is one. */
  ownerLink(): Promise<string | null>;
  /** Loads what the first sign-in would otherwise wait for (0.4 s); call it once requests are answered. */
  warmUp(): Promise<void>;
  /** The address by which a further member joins. */
  memberLink(): Promise<string>;
}

const BAD_LINK = {
  ok: false,
  code: 'bad_setup_link',
  field: 'token',
  message:
    'token: this set-up link was used, replaced or is too old; restart Headwater or run `member add` for a new one',
} as const;
const EMAIL_TAKEN = {
  ok: false,
  code: 'email_taken',
  field: 'email',
  message: 'email: an account with this address exists; sign in with it, or use another address',
} as const;

/** Members, their passwords and sessions: better-auth inside, one-time links as the only door. */
export function createAccounts(options: AccountsOptions): AccountsWithLinks {
  const { records, publicUrl, now } = options;
  let loading: Promise<Auth> | null = null;
  const auth = () => (loading ??= load().catch(forget));
  const members = createMembers(auth, records.teams);

  async function load(): Promise<Auth> {
    const { createAuth } = await import('./auth.ts');
    return createAuth(options);
  }

  // A failed load is tried again by the next who needs it.
  function forget(error: unknown): never {
    loading = null;
    throw error;
  }

  async function setUp(input: { token: string; name: string; email: string; password: string }): Promise<SignedIn> {
    const putBack = await records.transaction(async (tx) => {
      await tx.lock('accounts: one-time links');
      return takeToken(tx.settings, input.token, now());
    });
    if (!putBack) return BAD_LINK;
    let joined = false;
    try {
      const member = await members.create(input);
      if (!member) return EMAIL_TAKEN;
      const role = (await records.teams.memberCount()) === 0 ? 'owner' : 'admin';
      const team = await records.teams.default(now());
      await records.teams.addMember(team.id, member.id, role, now());
      joined = true;
      await closeOwnerLink(records.settings);
    } finally {
      // Nothing came of it, so the link is still good: the person may correct the address and try again.
      if (!joined) await putBack(records.settings);
    }
    return members.signIn(input);
  }

  return {
    setUp,
    signIn: members.signIn,
    signOut: members.signOut,
    session: members.session,
    async setupRequired() {
      return (await records.teams.memberCount()) === 0;
    },
    async ownerLink() {
      if ((await records.teams.memberCount()) > 0) return null;
      return `${publicUrl}/setup?token=${await newOwnerToken(records.settings)}`;
    },
    async memberLink() {
      return `${publicUrl}/setup?token=${await newMemberToken(records.settings, now())}`;
    },
    async warmUp() {
      const { $context } = await auth();
      await $context;
    },
  };
}
