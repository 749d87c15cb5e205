import type { Log } from '../../loop.ts';
import type { Records } from '../../storage/records/records.ts';
import type { Accounts, Member, SignedIn } from '../deps.ts';
import type { AuthOptions } from './auth.ts';
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
const BAD_SIGN_IN = {
  ok: false,
  code: 'bad_credentials',
  message: 'email and password do not match an account; check both, or ask for a new link (`member add`)',
} as const;

/** Members, their passwords and sessions: better-auth inside, one-time links as the only door. */
export function createAccounts(options: AccountsOptions): AccountsWithLinks {
  const { records, publicUrl, now } = options;
  let loading: Promise<Awaited<ReturnType<typeof load>>> | null = null;
  const auth = () => (loading ??= load());

  async function load() {
    const { createAuth } = await import('./auth.ts');
    return createAuth(options);
  }

  async function signIn(input: { email: string; password: string }): Promise<SignedIn> {
    try {
      const { headers, response } = await (
        await auth()
      ).api.signInEmail({ body: { email: input.email.toLowerCase(), password: input.password }, returnHeaders: true });
      return { ok: true, member: asMember(response.user), setCookies: headers.getSetCookie() };
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 401) return BAD_SIGN_IN;
      throw error;
    }
  }

  /** Makes the account; an earlier one of this address that never got into a team (a crash) is replaced. */
  async function createMember(input: { name: string; email: string; password: string }): Promise<Member | null> {
    const { internalAdapter, password } = await (await auth()).$context;
    const email = input.email.toLowerCase();
    const existing = await internalAdapter.findUserByEmail(email);
    if (existing) {
      if ((await records.teams.ofMember(existing.user.id)).length > 0) return null;
      await internalAdapter.deleteAccounts(existing.user.id);
      await internalAdapter.deleteUser(existing.user.id);
    }
    const hash = await password.hash(input.password);
    const member = await internalAdapter.createUser(
      { email, name: input.name, emailVerified: true },
      undefined as never,
    );
    await internalAdapter.linkAccount({
      userId: member.id,
      providerId: 'credential',
      accountId: member.id,
      password: hash,
    });
    return asMember(member);
  }

  return {
    signIn,
    async setupRequired() {
      return (await records.teams.memberCount()) === 0;
    },
    async setUp(input) {
      const putBack = await records.transaction(({ settings }) => takeToken(settings, input.token, now()));
      if (!putBack) return BAD_LINK;
      let joined = false;
      try {
        const member = await createMember(input);
        if (!member) {
          const message = 'email: an account with this address exists; sign in with it, or use another address';
          return { ok: false, code: 'email_taken', message, field: 'email' };
        }
        const role = (await records.teams.memberCount()) === 0 ? 'owner' : 'admin';
        const team = await records.teams.default(now());
        await records.teams.addMember(team.id, member.id, role, now());
        joined = true;
        await closeOwnerLink(records.settings);
      } finally {
        // Nothing came of it, so the link is still good: the person may correct the address and try again.
        if (!joined) await putBack(records.settings);
      }
      return signIn(input);
    },
    async signOut(cookie) {
      const { headers } = await (await auth()).api.signOut({ headers: new Headers({ cookie }), returnHeaders: true });
      return headers.getSetCookie();
    },
    async session(cookie) {
      const { headers, response } = await (
        await auth()
      ).api.getSession({ headers: new Headers({ cookie }), returnHeaders: true });
      return response ? { member: asMember(response.user), setCookies: headers.getSetCookie() } : null;
    },
    async ownerLink() {
      if ((await records.teams.memberCount()) > 0) return null;
      return `${publicUrl}/setup?token=${await newOwnerToken(records.settings)}`;
    },
    async warmUp() {
      await (
        await auth()
      ).$context;
    },
    async memberLink() {
      return `${publicUrl}/setup?token=${await newMemberToken(records.settings, now())}`;
    },
  };
}

function asMember(user: { id: string; name: string; email: string }): Member {
  return { id: user.id, name: user.name, email: user.email };
}
