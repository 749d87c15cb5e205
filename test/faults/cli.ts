// A command in a process of its own, judged by its exit code and both of its streams.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const ENTRY = fileURLToPath(new URL('../../src/cli/headwater.mjs', import.meta.url));
const TIMEOUT_MS = 60_000;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export function runCli(args: string[], env: Record<string, string>): Promise<Outcome> {
  return runProgram(process.execPath, [ENTRY, ...args], env);
}

export function runProgram(program: string, args: string[], env: Record<string, string>): Promise<Outcome> {
  const settings = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env };
  return new Promise((resolve) => {
    execFile(program, args, { env: settings, cwd: ROOT, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}
