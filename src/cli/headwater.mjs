#!/usr/bin/env node
// The entry of every command. Plain JavaScript: an older Node must be able to read it far enough to say what is wrong.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `headwater: Node 24 or newer is needed, this is ${process.versions.node}; run it as \`npm run headwater -- …\`, which brings its own\n`,
  );
  process.exit(1);
}
await import('./headwater.ts');
