const ERROR_LENGTH_MAX = 2000;

/** An error is kept for people to read, not as an archive: a stack or a whole answer must not fill the store. */
export function storedError(error: string): string {
  return error.length <= ERROR_LENGTH_MAX ? error : `${error.slice(0, ERROR_LENGTH_MAX)}…`;
}
