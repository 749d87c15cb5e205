import { useMutation } from '@tanstack/react-query';
import { ApiError } from './api.ts';

/** The server names the field it refuses ('email: is not an e-mail address; …'): its words stand below that field. */
export function fieldError(error: Error | null, field: string): string | null {
  if (!(error instanceof ApiError) || error.field?.split('.').at(-1) !== field) return null;
  const text = error.message.replace(/^[\w.]+: /, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What cannot be shown below one of these fields. */
export function formError(error: Error | null, fields: readonly string[]): string | null {
  if (error === null || fields.some((field) => fieldError(error, field) !== null)) return null;
  return error.message;
}

/** One form, one request: the fields as strings, trimmed by the server. */
export function useForm<T>(
  submit: (fields: Record<string, string>) => Promise<T>,
  onDone: (answer: T) => void | Promise<void>,
) {
  const { mutate, isPending, error, data } = useMutation({ mutationFn: submit, onSuccess: onDone });
  const onSubmit = (event: { preventDefault: () => void; currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const fields: Record<string, string> = {};
    for (const [name, value] of new FormData(event.currentTarget)) if (typeof value === 'string') fields[name] = value;
    mutate(fields);
  };
  return { onSubmit, isPending, error, data };
}
