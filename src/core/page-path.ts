/**
 * Paths of pages as people read them: '/caf%C3%A9' is '/café'. Decoded once, when a hit arrives, so that everything after is
 * plain. What would change the path's meaning ('%2F', '%25', a space), what is no UTF-8, and what cannot be seen or turns the
 * text around it (controls, invisible and bidi characters) stays escaped.
 */

const ESCAPED_CHARACTER =
  /%(?:[0-7][0-9A-F]|[CD][0-9A-F]%[89AB][0-9A-F]|E[0-9A-F](?:%[89AB][0-9A-F]){2}|F[0-7](?:%[89AB][0-9A-F]){3})|%[0-9A-F]{2}/gi;
/** ASCII that means the same escaped or not (RFC 3986, 2.3). */
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
/** Persian, Indic scripts and emoji are joined by characters without a look of their own: those stay with them. */
const SHOWN = /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}\p{P}\p{S}]|\u200C|\u200D|\uFE0F)$/u;

/** A second time it changes nothing more. */
export function readablePath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(ESCAPED_CHARACTER, readableCharacter).normalize('NFC');
}

function readableCharacter(escaped: string): string {
  const asWritten = escaped.toUpperCase();
  try {
    const character = decodeURIComponent(escaped);
    const isPlain = character <= '\x7f' ? UNRESERVED.test(character) : SHOWN.test(character);
    return isPlain ? character : asWritten;
  } catch {
    return asWritten;
  }
}

/** A path that a person wrote, as paths are kept. */
export const readPath = (written: string): string => readablePath(escapedPath(written));

const escapedPath = (written: string) => written.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);

/** What somebody wrote of a path, as paths are kept, and as they were kept while they were not decoded: in either case of hex. */
export function pathSpellings(written: string): string[] {
  const readable = readPath(written);
  const escaped = [escapedPath(readable), escapedPath(written)];
  const lower = escaped.map((path) => path.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase()));
  return [...new Set([written, readable, ...escaped, ...lower])];
}
