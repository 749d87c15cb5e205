import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Played, playFile } from '../rehearsal/play.ts';
import { targetFor } from '../rehearsal/stage.ts';
import { startStripe } from '../rehearsal/stripe/start.ts';
import { type Command, type Io, UsageError } from './command.ts';

export const rehearse: Command = {
  name: 'rehearse',
  summary: 'play stories (test/scenarios) against a fresh, temporary Headwater and a simulated Stripe',
  usage: 'FILE… [--json]',
  async run(argv, io) {
    const json = argv.includes('--json');
    const files = argv.filter((word) => word !== '--json');
    const option = files.find((word) => word.startsWith('-'));
    if (option !== undefined) throw new UsageError(`there is no option ${option}`);
    if (files.length === 0) throw new UsageError('name the stories to play: rehearse test/scenarios/*.txt');

    const played = await playAll(files, io);
    const failed = played.filter((story) => !story.ok).length;
    if (json) io.out(JSON.stringify({ stories: played, failed }));
    else {
      for (const story of played) for (const line of table(story)) io.out(line);
      io.out(`${played.length - failed} of ${played.length} stories came out as written`);
    }
    return failed === 0 ? 0 : 1;
  },
};

type Story = Played & { file: string };

async function playAll(files: readonly string[], io: Io): Promise<Story[]> {
  const [{ readConfig }, { start }] = await Promise.all([import('../config.ts'), import('../main.ts')]);
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-rehearsal-'));
  const stripe = await startStripe();
  try {
    const config = readConfig({
      HEADWATER_DATA: dataDir,
      HEADWATER_STRIPE_API_BASE: stripe.url,
      HEADWATER_LOG_LEVEL: 'error',
      HOST: '127.0.0.1',
      PORT: '0',
    });
    const running = await start(config);
    try {
      const target = targetFor({ app: running.app, url: running.address, stripe });
      const played: Story[] = [];
      for (const file of files) {
        if (io.signal.aborted) throw new Error('interrupted');
        io.err(`Playing ${file}`);
        played.push({ file, ...(await playOne(file, target)) });
      }
      return played;
    } finally {
      await running.close();
    }
  } finally {
    await stripe.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A story that cannot be read or played names its file: one of many must be found again. */
async function playOne(file: string, target: ReturnType<typeof targetFor>): Promise<Played> {
  try {
    return await playFile(file, target);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function table({ file, title, findings }: Story): string[] {
  const rows = findings.map(({ ok, line, text, found }) => {
    return ok ? `  ok      ${text}` : `  FAILED  ${text}\n          found: ${found} (line ${line})`;
  });
  return [`${title} (${file})`, ...rows, ''];
}
