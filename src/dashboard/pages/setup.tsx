import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Navigate, useNavigate, useSearch } from '@tanstack/react-router';
import { send } from '../api.ts';
import { CardPage, Steps } from '../components/card-page.tsx';
import { Button, Field, buttonClass } from '../components/controls.tsx';
import { Note } from '../components/states.tsx';
import { fieldError, formError, useForm } from '../form.ts';
import { meQuery } from '../queries.ts';

const FIELDS = ['name', 'email', 'password'] as const;

export function SetupPage() {
  const { token } = useSearch({ from: '/setup' });
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  const form = useForm(
    ({ name, email, password }) => send('POST', '/setup', { token, name, email, password }),
    async () => {
      await client.invalidateQueries();
      await navigate({ to: '/sites/new', replace: true });
    },
  );
  if (me.data?.member && !form.isPending) return <Navigate to="/" replace />;
  if (me.data && !me.data.setup_required) return <AlreadySetUp />;
  const refused = formError(form.error, FIELDS);
  return (
    <CardPage title="Create the owner account" intro={<Steps current="Account" />}>
      {token ? null : (
        <Note tone="warn">
          This address has no set-up token. Open the whole link that the server printed when it started.
        </Note>
      )}
      <form onSubmit={form.onSubmit} className="mt-4 flex flex-col gap-4" data-testid="setup-form">
        <Field
          label="Your name"
          name="name"
          autoComplete="name"
          required
          maxLength={100}
          error={fieldError(form.error, 'name')}
        />
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={fieldError(form.error, 'email')}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={10}
          maxLength={200}
          required
          hint="At least 10 characters."
          error={fieldError(form.error, 'password')}
        />
        {refused ? (
          <Note tone="down" testId="form-error">
            <span role="alert">{refused}</span>
          </Note>
        ) : null}
        <Button type="submit" look="primary" busy={form.isPending} disabled={!token}>
          Create account
        </Button>
      </form>
    </CardPage>
  );
}

function AlreadySetUp() {
  return (
    <CardPage title="This Headwater has an owner">
      <p className="mb-4">The set-up link was used already. Sign in, or ask the owner for access.</p>
      <Link to="/sign-in" className={buttonClass('primary')}>
        Sign in
      </Link>
    </CardPage>
  );
}
