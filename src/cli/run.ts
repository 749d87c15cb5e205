import about from '../../package.json' with { type: 'json' };
import { UsageError } from './command.ts';
import type { Io } from './command.ts';
import type { Entry } from './commands.ts';

/**
 * Finds the command, runs it and turns what it throws into an exit code: 0 done, 1 failed, 2 wrong usage, each failure
 * with one clear line. With `--json` stdout is one line whatever happens: the result, or `{"error":{…}}`.
 */
export async function run(argv: string[], io: Io, commands: readonly Entry[]): Promise<number> {
  const isJson = argv.includes('--json');
  let hasAnswered = false;
  const watched: Io = {
    ...io,
    out(line) {
      hasAnswered = true;
      io.out(line);
    },
  };
  try {
    return await dispatch(argv, watched, commands);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const message = oneLine(error);
    io.err(`headwater: ${message}${isUsage ? ' (see headwater --help)' : ''}`);
    if (isJson && !hasAnswered) io.out(JSON.stringify({ error: { code: isUsage ? 'usage' : 'failed', message } }));
    return isUsage ? 2 : 1;
  }
}

async function dispatch(argv: string[], io: Io, commands: readonly Entry[]): Promise<number> {
  const words = leadingWords(argv);
  if (words.length === 0 && (argv.includes('--version') || argv.includes('-v'))) {
    io.out(argv.includes('--json') ? JSON.stringify({ version: about.version }) : about.version);
    return 0;
  }
  const asksHelp = argv.includes('--help') || argv.includes('-h') || words[0] === 'help';
  // `site add` before `site`: the longest name that fits.
  const entry = commands
    .filter(({ name }) => name === words.slice(0, name.split(' ').length).join(' '))
    .sort((a, b) => b.name.length - a.name.length)[0];
  if (!entry) {
    if (asksHelp) return help(io, commands, words[0] === 'help' ? words.slice(1) : words);
    const names = commands.map(({ name }) => name).join(', ');
    if (words.length === 0) throw new UsageError(`name a command: ${names}`);
    throw new UsageError(`there is no command "${words.slice(0, 2).join(' ').slice(0, 64)}"; they are ${names}`);
  }
  const command = await entry.load();
  if (asksHelp) {
    io.out(`headwater ${command.name} ${command.usage}\n  ${command.summary}`);
    return 0;
  }
  return command.run(argv.slice(entry.name.split(' ').length), io);
}

async function help(io: Io, commands: readonly Entry[], words: string[]): Promise<number> {
  const prefix = words.join(' ');
  const shown = await Promise.all(commands.filter(({ name }) => name.startsWith(prefix)).map((entry) => entry.load()));
  const lines = shown.map(({ name, usage, summary }) => `  headwater ${name} ${usage}\n      ${summary}`);
  io.out(
    `Usage: headwater <command> [options]\n\n${lines.join('\n')}\n\nSettings come from the environment; see README.md.`,
  );
  return 0;
}

function leadingWords(argv: string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return end === -1 ? argv : argv.slice(0, end);
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s*\n\s*/g, ' ').trim() || 'failed without a reason; please report this';
}
