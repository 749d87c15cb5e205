/** Keyed hash of a text, as hex of at least 32 digits. The key is the installation's; each use begins with its own word. */
export type Sign = (text: string) => string;

/** Compares without telling by its duration where two texts of one length differ. */
export function isSameSecret(a: string, b: string): boolean {
  let different = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) different |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return different === 0;
}
