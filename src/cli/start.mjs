// `npm start`: prepares the checkout, then runs the server under the project's own Node until a signal ends it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ownNode, prepare, root } from './prepare.mjs';

prepare();
const args = process.argv.slice(2);
const server = spawn(ownNode, [join(root, 'src/cli/headwater.mjs'), ...(args.length ? args : ['serve'])], {
  stdio: 'inherit',
});
// Ctrl-C reaches the server by itself (same terminal); a signal sent only to this process is passed on.
let isAsked = false;
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => {
    isAsked = true;
    server.kill(signal);
  });
}
// npm killed outright passes nothing on: without it the server would hold the port and the data directory for ever.
const parent = process.ppid;
setInterval(() => process.ppid === parent || server.kill('SIGTERM'), 500).unref();
server.on('exit', (code, signal) => process.exit(signal && !isAsked ? 1 : (code ?? 0)));
