#!/usr/bin/env node
// The entry of every command. Plain JavaScript: an older Node must be able to read it far enough to say what is wrong.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `headwater: Node 24 or newer is needed, this is ${process.versions.node}; run it as \`npm run headwater -- …\`, which brings its own\n`,
  );
  process.exit(1);
}
// A server that is told to stop before it could begin has stopped as asked.
if (process.argv[2] === 'serve')
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
// Starting is mostly reading code: what was compiled is kept for the next time. Where it cannot be kept nothing is lost.
module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/headwater', import.meta.url)));
setTimeout(() => module.flushCompileCache(), 3_000).unref();
await import('./headwater.ts');
