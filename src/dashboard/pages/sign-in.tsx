import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { send } from '../api.ts';
import { CardPage } from '../components/card-page.tsx';
import { Button, Field } from '../components/controls.tsx';
import { Note } from '../components/states.tsx';
import { fieldError, formError, useForm } from '../form.ts';

export function SignInPage() {
  const client = useQueryClient();
  const { history } = useRouter();
  const { next } = useSearch({ from: '/sign-in' });
  const form = useForm(
    ({ email, password }) => send('POST', '/sign-in', { email, password }),
    () => {
      client.clear();
      history.push(next ?? '/');
    },
  );
  const refused = formError(form.error, ['email', 'password']);
  return (
    <CardPage title="Sign in">
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4" data-testid="sign-in-form">
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          error={fieldError(form.error, 'email')}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          error={fieldError(form.error, 'password')}
        />
        {refused ? (
          <Note tone="down" testId="form-error">
            <span role="alert">{refused}</span>
          </Note>
        ) : null}
        <Button type="submit" look="primary" busy={form.isPending}>
          Sign in
        </Button>
      </form>
    </CardPage>
  );
}
