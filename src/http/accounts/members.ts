import type { Records } from '../../storage/records/records.ts';
import type { Member, SignedIn } from '../deps.ts';
import type { createAuth } from './auth.ts';

export type Auth = Awaited<ReturnType<typeof createAuth>>;

const BAD_SIGN_IN = {
  ok: false,
  code: 'bad_credentials',
  message: 'email and password do not match an account; check both, or ask for a new link (`member add`)',
} as const;

/** Members and their sessions, over better-auth. Addresses are compared in lower case. */
export function createMembers(auth: () => Promise<Auth>, teams: Pick<Records['teams'], 'ofMember'>) {
  return {
    /**
     * @returns null when the address is taken. An account that never got into a team (a crash in between) or was taken
     * out of all of them is replaced.
     */
    async create(input: { name: string; email: string; password: string }): Promise<Member | null> {
      const { internalAdapter, password } = await (await auth()).$context;
      const email = input.email.toLowerCase();
      const existing = await internalAdapter.findUserByEmail(email);
      if (existing) {
        if ((await teams.ofMember(existing.user.id)).length > 0) return null;
        await internalAdapter.deleteUserSessions(existing.user.id);
        await internalAdapter.deleteAccounts(existing.user.id);
        await internalAdapter.deleteUser(existing.user.id);
      }
      const hash = await password.hash(input.password);
      const user = await internalAdapter.createUser(
        { email, name: input.name, emailVerified: true },
        { method: 'email-password' },
      );
      await internalAdapter.linkAccount({
        userId: user.id,
        providerId: 'credential',
        accountId: user.id,
        password: hash,
      });
      return asMember(user);
    },

    async signIn(input: { email: string; password: string }): Promise<SignedIn> {
      const { api } = await auth();
      try {
        const body = { email: input.email.toLowerCase(), password: input.password };
        const { headers, response } = await api.signInEmail({ body, returnHeaders: true });
        return { ok: true, member: asMember(response.user), setCookies: headers.getSetCookie() };
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 401) return BAD_SIGN_IN;
        return tellOutage(error);
      }
    },

    async signOut(cookie: string): Promise<string[]> {
      const { api, $context } = await auth();
      const { internalAdapter } = await $context;
      const headers = new Headers({ cookie });
      // Its own sign-out says "done" though the store is down; the session must be gone before the cookies are.
      const session = await api.getSession({ headers }).catch(tellOutage);
      if (session) await internalAdapter.deleteSession(session.session.token);
      return (await api.signOut({ headers, returnHeaders: true })).headers.getSetCookie();
    },

    async session(cookie: string): Promise<{ member: Member; setCookies: string[] } | null> {
      const { api } = await auth();
      const answer = await api.getSession({ headers: new Headers({ cookie }), returnHeaders: true }).catch(tellOutage);
      if (!answer.response) return null;
      return { member: asMember(answer.response.user), setCookies: answer.headers.getSetCookie() };
    },
  };
}

/** better-auth wraps what the store throws; an outage must stay one (503), not become a failure of ours (500). */
function tellOutage(error: unknown): never {
  const { cause } = error as { cause?: unknown };
  throw cause instanceof Error && cause.name === 'RecordsUnavailable' ? cause : error;
}

function asMember(user: { id: string; name: string; email: string }): Member {
  return { id: user.id, name: user.name, email: user.email };
}
