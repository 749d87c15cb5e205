import { KEY_SCOPES, newKey } from '../sites/new-key.ts';
import { readArguments } from './arguments.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';

export const keyAdd: Command = {
  name: 'key add',
  summary: 'make a server key for a site; it is shown once',
  usage: `--site ID [--scopes ${KEY_SCOPES.join(',')}] [--json]`,
  async run(argv, io) {
    const args = readArguments(argv, { site: { required: true }, scopes: {} });
    const scopes = readScopes(args.text('scopes'));
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const { key, hash, prefix } = newKey();
      await app.records.keys.add({ site: site.id, hash, prefix, scopes, expiresAt: null }, app.now());
      io.out(args.json ? JSON.stringify({ key }) : key);
      if (!args.json) io.err(`A key of ${site.domain} with ${scopes.join(', ')}. Keep it: it is not shown again.`);
      return 0;
    });
  },
};

function readScopes(text: string | undefined): string[] {
  if (text === undefined) return [...KEY_SCOPES];
  const scopes = [...new Set(text.split(',').map((scope) => scope.trim()))];
  const unknown = scopes.find((scope) => !(KEY_SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined) {
    throw new UsageError(`--scopes: "${unknown.slice(0, 64)}" is not a scope; they are ${KEY_SCOPES.join(', ')}`);
  }
  return scopes;
}
