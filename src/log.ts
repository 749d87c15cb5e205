import { pino } from 'pino';
import type { Logger } from 'pino';
import type { Config } from './config.ts';

/** Logs go to stderr: stdout belongs to the one line of --json. */
export function createLog(config: Pick<Config, 'logLevel'>): Logger {
  return pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
}
